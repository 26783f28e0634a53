"""A cluster gives what one process gives: on real Spark, a master and two workers on this machine."""

from __future__ import annotations

import gzip
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from arrowkg.errors import BadRecord, InputError
from arrowkg.settings import Settings
from arrowkg.validation import load_shapes
from benchmarks.generate import papers
from cli import SOUND, jsonl, lines, put, run, spawn
from clusters import Cluster, cluster, needs_spark

# The papers of two inputs: names in several spellings, equal entries in one and across both, every sort of bad record.
BAD: Final = (
    b"not JSON",
    b'{"title": "cut off',
    b'{"title": "\xff"}',
    b'{"title": "\\u0000"}',
    b'{"title": "\\ud800"}',
    b'{"title": 7}',
    b"[" * 5000,
    b'{"title": "T", "authors": ["  "]}',
    b'{"title": "T", "year": 20240}',
    b'{"title": "T", "abstract": "' + b"long " * 4000 + b'"}',
    b"x" * 30_000,
)
SETTINGS: Final = Settings(max_record_bytes=25_000, max_field_characters=15_000)
LIMITS: Final = {"ARROWKG_MAX_RECORD_BYTES": "25000", "ARROWKG_MAX_FIELD_CHARACTERS": "15000"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster for all tests."""
    with cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture(scope="module")
def session(running: Cluster) -> Iterator[Any]:
    """A session on it."""
    from arrowkg.scale.spark.session import spark_session

    conf = {"spark.executor.memory": "600m", "spark.sql.files.openCostInBytes": "1k"}
    with spark_session(running.url, conf, shows_progress=False) as found:
        yield found


def listings(folder: Path) -> list[Path]:
    """Two inputs, one of them compressed."""
    made = [json.dumps(paper).encode() for paper in papers(120, seed=3)]
    shared = {**SOUND, "authors": ["Ada Quill", "ADA QUILL", "Bo Tarn 0001"], "venue": "iclr"}
    odd = [json.dumps(paper).encode() for paper in (SOUND, shared, {**SOUND, "abstract": "Another."}, {"title": "Bare"})]
    first = [*made[:60], *odd, b"", b" \r", *BAD, *made[50:90]]
    second = [b"\xef\xbb\xbf" + odd[0], *made[80:], b'{"title": "No line feed", "kind": "Poster"}']
    return [
        put(folder, "a b%é.jsonl", b"\n".join(first) + b"\r\n"),
        put(folder, "b.jsonl.gz", gzip.compress(b"\n".join(second))),
    ]


def in_blocks(session: Any, size: int | str) -> None:
    """Have Spark read files in blocks of so many bytes."""
    session.conf.set("spark.sql.files.maxPartitionBytes", str(size))


def written(folder: Path) -> list[bytes]:
    """The lines of all parts, in the order of their names."""
    found = sorted((folder / "live").glob("part-*.nt.gz"))
    return [line for part in found for line in gzip.decompress(part.read_bytes()).split(b"\n")[:-1]]


@needs_spark
def test_a_cluster_gives_the_triples_the_report_and_the_rejects_of_one_process(session: Any, tmp_path: Path) -> None:
    from arrowkg.scale.spark.job import Job, carry_out
    from arrowkg.scale.spark.places import SharedFolder
    from arrowkg.validation.renderings import render

    inputs = [str(path) for path in listings(tmp_path)]
    common = ("--skip-bad", "--rejects", "one.rejects", "--report", "one.json")
    one = run(tmp_path, "export", *inputs, "-o", "one.nt", "--sort", *common, environment=LIMITS)
    assert one.code == 0, one
    wanted = (tmp_path / "one.nt").read_bytes().split(b"\n")[:-1]
    rejects = [json.loads(line) for line in (tmp_path / "one.rejects").read_bytes().splitlines()]
    assert len(rejects) == len(BAD)
    shapes = load_shapes()
    parts = []
    for blocks, count in ((3000, 5), (1 << 27, 5)):
        in_blocks(session, blocks)
        bad: list[BadRecord] = []
        out = tmp_path / f"out-{blocks}"
        job = Job(inputs, None, SETTINGS, None, shapes, ".nt.gz", count, bad.append)
        outcome = carry_out(session, job, SharedFolder(str(out)))
        found = written(out)
        assert sorted(found) == wanted
        assert [(error.file, error.line, error.reason) for error in bad] == [
            (row["file"], row["line"], row["reason"]) for row in rejects
        ]
        assert [error.record.decode(errors="backslashreplace") for error in bad] == [row["record"] for row in rejects]
        assert outcome.report is not None
        assert render(outcome.report, "json", fail_on="violation") == (tmp_path / "one.json").read_text()
        assert outcome.triples == len(wanted)
        assert_told_as_by_one_process(outcome, one.err)
        assert_manifest_is_true(out, found)
        parts.append({path.name: path.read_bytes() for path in (out / "live").glob("part-*")})
    # However the inputs were divided, the parts are the same bytes.
    assert parts[0] == parts[1]


def assert_told_as_by_one_process(outcome: Any, told: str) -> None:
    """The first notices of each topic are those of one process, and so are the counts of the others."""
    for notice in outcome.notices:
        assert f"{notice.file}:{notice.line}: warning: {notice.text}" in told.splitlines()
    for topic, count in outcome.topics.items():
        assert count <= 3 or f"and {count - 3:,} more of: {topic}" in told.splitlines()
    assert {"equal entries", "kind not known"} <= set(outcome.topics)


def assert_manifest_is_true(out: Path, found: list[bytes]) -> None:
    """The manifest and the VoID description count what is there."""
    from pyoxigraph import RdfFormat, parse

    manifest = json.loads((out / "live" / "manifest.json").read_text(encoding="utf-8"))
    for part in manifest["parts"]:
        content = (out / "live" / part["file"]).read_bytes()
        assert (part["bytes"], part["sha256"]) == (len(content), sha256(content).hexdigest())
        assert part["triples"] == gzip.decompress(content).count(b"\n")
    assert manifest["triples"] == len(found) == sum(manifest["properties"].values())
    triples = list(parse(b"\n".join(found) + b"\n", RdfFormat.N_TRIPLES))
    for iri, count in manifest["properties"].items():
        assert count == sum(triple.predicate.value == iri for triple in triples)
    a = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    for iri, count in manifest["classes"].items():
        assert count == sum(triple.predicate.value == a and triple.object.value == iri for triple in triples)  # type: ignore[union-attr]
    described = list(parse((out / "live" / "void.nt").read_bytes(), RdfFormat.N_TRIPLES))
    [total] = [triple.object.value for triple in described if triple.predicate.value.endswith("void#triples") and triple.subject.value.endswith("/dataset")]  # type: ignore[union-attr]
    assert int(total) == len(found)
