"""What goes wrong around a run: bad inputs, full disks, readers that go away, signals. Nothing is left half-written."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import re
import signal
import stat
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from arrowkg.errors import OutputError
from arrowkg.files import Output
from arrowkg.spool import Spool
from cli import (
    COMMAND,
    COMMANDS,
    PAGE,
    SEEDS,
    assert_refused,
    graph_of,
    lines,
    put,
    run,
    spawn,
    spawn_python,
    start,
    untouched,
)

_PART: Final = re.compile(r"\.(?P<name>.+)\.[^.]+\.part")
_HEAD: Final = PAGE[: PAGE.index("ICML")]
_BODY: Final = PAGE[PAGE.index("ICML") :]


# Bad inputs: a clear line, exit code 3, and nothing written.

_BAD: Final[dict[str, tuple[str, bytes | str, str]]] = {
    "empty": ("in.txt", b"", "in.txt: the input is empty"),
    "empty lines": ("in.jsonl", b"\n \n", "in.jsonl: the input holds nothing but blanks"),
    "binary": ("in.txt", bytes(range(256)), "in.txt: the input is binary, not text"),
    "a picture": ("in.html", b"\x89PNG\r\n\x1a\n\x00\x00", "in.html: the input is binary, not text"),
    "a PDF": ("in.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "in.pdf:1: the input is of no known form"),
    "a poem": ("in.txt", "Full fathom five\nthy father lies.\n", "in.txt:1: the input is of no known form"),
    "a table": ("in.csv", "title,year\nStones,2024\n", "in.csv:1: the input is of no known form"),
    "RDF": ("in.ttl", "<a:b> <a:c> <a:d> .", "in.ttl: it is RDF (turtle) and not a listing"),
    "JSON-LD": ("in.json", '{"@context": {}}', "in.json: it is RDF (jsonld) and not a listing"),
    "no paper": ("in.txt", _HEAD, "in.txt: the page lists no paper"),
    "no list": ("in.txt", PAGE[:100], "in.txt:7: the page ends before its list of papers"),
    "no author": (
        "in.txt",
        f"Arrow Research search\n\nAuthor name cluster\n\nPossible papers\n\n1\n\n{_BODY}",
        "in.txt:3: the page names no author",
    ),
    "another page": ("in.txt", "Arrow Research search\n\nAbout us\n", "in.txt: no Arrow author page: the line "),
    "another web page": ("in.html", "<html><body><p>Hello</body></html>", "in.html: no Arrow author page: the line "),
    "a web page of nothing": ("in.html", "<html><script>1</script>", "in.html: the page is empty"),
    "cut off after the line of a paper": ("in.txt", _HEAD + "ICML Conference 2020 Conference Paper\n", "in.txt:16: "),
    "cut off after the title": ("in.txt", PAGE[: PAGE.index("  • Q")], "in.txt:16: no author lines"),
    "cut off inside a character": ("in.txt", PAGE.encode() + "ë".encode()[:1], "in.txt:22: the page is cut off in the"),
    "Latin-1": ("in.txt", PAGE.replace("Stone", "Zoë").encode("latin-1", "replace"), "in.txt:18: not UTF-8: byte 0xEB"),
    "UTF-16": ("in.txt", PAGE.encode("utf-16"), "in.txt:1: the text is UTF-16"),
    "UTF-16 without a mark": ("in.txt", PAGE.encode("utf-16-le"), "in.txt: the input is binary, not text"),
    "UTF-32": ("in.txt", PAGE.encode("utf-32"), "in.txt"),
    "Latin-1 JSON": (
        "in.jsonl",
        '{"title": "Zoë"}\n'.encode("latin-1"),
        "in.jsonl:1: not UTF-8: byte 0xEB at column 14",
    ),
    "UTF-16 JSON": ("in.jsonl", '{"title": "Zoë"}\n'.encode("utf-16"), "in.jsonl:1: the text is UTF-16"),
    "a year in letters": ("in.txt", PAGE.replace("2020", "MMXX"), "in.txt:16: the year 'MMXX' is not four digits"),
    "the year 0": ("in.txt", PAGE.replace("2020", "0000"), "in.txt:16: the year 0000 is not one from 1 to 9999"),
    "a year in letters in JSON": (
        "in.jsonl",
        '{"title": "a", "year": "MMXX"}',
        "in.jsonl:1: year: the text 'MMXX' where a",
    ),
    "the year 10000": (
        "in.jsonl",
        '{"title": "a", "year": 10000}',
        "in.jsonl:1: year: 10000 is not one from 1 to 9999",
    ),
    "a kind of its own": (
        "in.txt",
        PAGE.replace("Conference Paper", "Poster Session"),
        "in.txt:16: 'Poster Session' is no",
    ),
    "JSON of nothing": ("in.jsonl", "{}", "in.jsonl:1: the paper has no title"),
    "JSON of another thing": ("in.jsonl", '{"name": "Ada Quill", "age": 7}', "in.jsonl:1: the paper has no title"),
    "JSON that is no object": ("in.jsonl", '["On Stones", "On Sand"]', "in.jsonl:1: not a paper but a list"),
    "JSON on several lines": ("in.json", '{\n  "title": "On Stones"\n}\n', "in.json:1: not JSON: "),
    "JSON cut off": ("in.jsonl", '{"title": "On Stones", "auth', "in.jsonl:1: not JSON: "),
    "JSON with a word after it": ("in.jsonl", '{"title": "On Stones"} oops', "in.jsonl:1: not JSON: "),
    "JSON with a control character": ("in.jsonl", '{"title": "On\x01Stones"}', "in.jsonl:1: not JSON: "),
    "JSON nested deep": (
        "in.jsonl",
        '{"title": "a", "b": ' + "[" * 100_000 + "]" * 100_000 + "}",
        "in.jsonl:1: the JSON is nested",
    ),
    "JSON nested deep and cut off": ("in.jsonl", "[" * 1_000_000, "in.jsonl:1: the JSON is nested deeper than 200"),
    "half a character": ("in.jsonl", '{"title": "\\ud800"}', "in.jsonl:1: the text holds a lone surrogate"),
    "an author without a name": (
        "in.jsonl",
        '{"title": "a", "authors": ["b", " "]}',
        "in.jsonl:1: author 2 has an empty name",
    ),
    "an author of marks": (
        "in.jsonl",
        '{"title": "a", "authors": ["\\u200f"]}',
        "in.jsonl:1: author 1 has an empty name",
    ),
    "a bullet without a name": ("in.txt", PAGE.replace("  • Q", "  • Q\n  •"), "in.txt:16: author 2 has an empty name"),
    "text before the papers": (
        "in.txt",
        f"{_HEAD}Breaking news\n\n{_BODY}",
        "in.txt:16: text stands before the first paper",
    ),
    "HTML nested deep": ("in.html", "<html>" + "<div>" * 5000, "in.html"),
}


@pytest.mark.parametrize(("name", "content", "error"), _BAD.values(), ids=_BAD.keys())
@pytest.mark.parametrize("output", ["out.nt", "out.ttl.gz", "-"])
def test_bad_input_is_named_and_nothing_is_written(
    tmp_path: Path, name: str, content: bytes | str, error: str, output: str
) -> None:
    put(tmp_path, name, content)
    put(tmp_path, "out.nt", "old")
    with untouched(tmp_path):
        ran = run(tmp_path, "export", name, "-o", output, "--no-validate")
    assert_refused(ran, 3, error)


@pytest.mark.parametrize(
    "content",
    [
        "<!-- -->" * 60 + "x",
        "<?xml version='1.0'?>" + "<!---->" * 5000 + "<x/>",
        "<!--" * 10_000,
        "<!-- a" + " -->" * 10_000,
        " " * 60_000 + "x",
        "# a\n" * 10_000 + "x",
        "<a:" + "b" * 60_000,
        "@prefix" * 10_000,
        "{" * 60_000,
    ],
    ids=lambda content: content[:30],
)
@pytest.mark.parametrize("name", ["in.xml", "in.txt"])
def test_what_an_input_is_is_found_out_in_no_time(tmp_path: Path, name: str, content: str) -> None:
    """It ends, or else it would not for years."""
    put(tmp_path, name, content)
    with untouched(tmp_path):
        ran = spawn(tmp_path, "export", name, "-o", "out.nt", "--no-validate", timeout=10)
    assert_refused(ran, 3, f"{name}:")


def test_a_seed_that_is_broken_is_refused_by_each_command() -> None:
    broken = sorted((SEEDS / "broken").iterdir())
    assert len(broken) == 7
    with untouched(SEEDS):
        for path in broken:
            for command in ("export", "validate"):
                ran = run(SEEDS, command, f"broken/{path.name}")
                assert (ran.code, ran.out) == (3, b"")
                assert re.search(rf"^broken/{path.name}:[0-9]+: ", ran.err, re.MULTILINE), ran.err


@pytest.mark.parametrize(
    ("name", "content", "source", "error"),
    [
        ("page.txt", PAGE, "jsonl", "page.txt:1: not JSON: "),
        ("page.txt", PAGE, "html", "page.txt: no Arrow author page: "),
        ("in.jsonl", lines(2), "arrow", "in.jsonl: no Arrow author page: "),
        ("in.jsonl", lines(2), "html", "in.jsonl: no Arrow author page: "),
        ("kg.ttl", "<a:b> <a:c> <a:d> .", "jsonl", "kg.ttl:1: not JSON: "),
        ("in", b"\x00\x01", "jsonl", "in:1: not JSON: "),
        ("in", b"\x00\x01", "arrow", "in: no Arrow author page: "),
        ("in", b"", "arrow", "in: the page is empty"),
        ("in", b"", "html", "in: the "),
        ("in", b"", "jsonl", "no paper was found"),
    ],
)
def test_an_input_that_is_not_what_it_is_said_to_be_is_refused(
    tmp_path: Path, name: str, content: bytes | str, source: str, error: str
) -> None:
    put(tmp_path, name, content)
    with untouched(tmp_path):
        ran = run(tmp_path, "export", name, "--from", source, "-o", "out.nt", "--no-validate")
    assert_refused(ran, 3, error)


@pytest.mark.parametrize("before", [0, 1, 5000])
@pytest.mark.parametrize("output", ["out.nt", "out.ttl", "out.nt.zst"])
def test_a_bad_record_after_many_good_ones_writes_nothing(tmp_path: Path, before: int, output: str) -> None:
    put(tmp_path, "in.jsonl", lines(before) + b"{\n")
    put(tmp_path, output, "old")
    with untouched(tmp_path):
        ran = run(tmp_path, "export", "in.jsonl", "-o", output, "--no-validate")
    assert_refused(ran, 3, f"in.jsonl:{before + 1}: not JSON")


# Readers that go away, and full devices.


@pytest.fixture
def gone() -> Iterator[int]:
    """The writing end of a pipe that nobody reads any more."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    yield write_end
    os.close(write_end)


_PRINTING: Final[list[tuple[str, ...]]] = [
    ("export", "in.jsonl", "--no-validate"),
    ("export", "in.jsonl", "--no-validate", "--to", "nt"),
    ("validate", "in.jsonl"),
    ("inspect", "in.jsonl"),
    ("listing", "kg.nt", "--author", "ada quill"),
    ("store", "info", "kept"),
    ("query", "SELECT * {?s ?p ?o}", "--store", "kept"),
    ("query", "CONSTRUCT {?s ?p ?o} {?s ?p ?o}", "--data", "kg.nt"),
    ("search", "ada quill", "--store", "kept"),
    ("formats",),
    ("config",),
    ("completion", "bash"),
    ("--help",),
    ("export", "--help"),
    ("--version",),
]


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder with what the commands above read."""
    graph_of(tmp_path, lines(3), "kg.nt")
    put(tmp_path, "in.jsonl", lines(3))
    assert run(tmp_path, "load", "in.jsonl", "--store", "kept", "-q").code == 0
    return tmp_path


def test_every_command_that_prints_is_tried_here() -> None:
    silent = {"load", "site", "serve", "spark", "push", "bulk-script"}
    assert {arguments[0] for arguments in _PRINTING} >= {name.partition(" ")[0] for name in COMMANDS} - silent


@pytest.mark.parametrize("arguments", _PRINTING, ids=" ".join)
def test_a_reader_that_went_away_is_no_error_to_tell_of(inputs: Path, arguments: tuple[str, ...], gone: int) -> None:
    with untouched(inputs):
        ran = spawn(inputs, *arguments, stdout=gone)
    assert ran.code == 4, ran
    assert not ran.told, ran.err


@pytest.mark.parametrize("arguments", _PRINTING, ids=" ".join)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_device_is_told(inputs: Path, arguments: tuple[str, ...]) -> None:
    with untouched(inputs), Path("/dev/full").open("wb") as full:
        ran = spawn(inputs, *arguments, stdout=full)
    assert_refused(ran, 4, "")
    assert "(No space left on device)" in ran.err


@pytest.mark.parametrize("options", [("--to", "nt"), ("--to", "ttl")])
def test_head_ends_an_export(tmp_path: Path, options: tuple[str, ...]) -> None:
    """``arrowkg export … | head -1`` with more to write than a pipe holds."""
    put(tmp_path, "in.jsonl", lines(2000))
    line = f"'{COMMAND}' export in.jsonl --no-validate {' '.join(options)} | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, check=True)
    first, code = done.stdout.decode().splitlines()
    assert first
    assert code == "4"
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("options", [("--to", "nt"), ("--to", "ttl"), ("--to", "jsonld")])
@pytest.mark.parametrize("count", [1, 2000])
def test_a_full_device_that_is_named_is_told(tmp_path: Path, options: tuple[str, ...], count: int) -> None:
    put(tmp_path, "in.jsonl", lines(count))
    with untouched(tmp_path):
        ran = run(tmp_path, "export", "in.jsonl", "-o", "/dev/full", "--no-validate", *options)
    assert_refused(ran, 4, "/dev/full: it cannot be written (No space left on device)")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("nowhere.txt",), 3), (("in.jsonl", "--to", "turtel"), 2), (("in.jsonl", "-o", "no/out.nt", "--no-validate"), 4)],
)
def test_an_error_that_cannot_be_told_keeps_its_exit_code(inputs: Path, arguments: tuple[str, ...], code: int) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([COMMAND, "export", *arguments], cwd=inputs, stderr=full, check=False)
    assert done.returncode == code


@pytest.mark.parametrize("arguments", [("in.jsonl", "-o", "out.nt", "--no-validate"), ("nowhere.txt",)])
def test_a_reader_of_notices_that_went_away_changes_nothing(
    inputs: Path, arguments: tuple[str, ...], gone: int
) -> None:
    """What was asked for is written; and if not, the exit code is never that of data that does not conform."""
    done = subprocess.run([COMMAND, "export", *arguments], cwd=inputs, stderr=gone, check=False)
    assert done.returncode == (3 if arguments[0] == "nowhere.txt" else 0)
    assert arguments[0] == "nowhere.txt" or (inputs / "out.nt").stat().st_size > 1000


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
@pytest.mark.parametrize(
    "arguments", ["export - --no-validate", "validate -", "inspect -", "formats", "export in.jsonl -o out.nt"]
)
def test_a_stream_that_is_closed_is_no_bug(inputs: Path, closed: str, arguments: str) -> None:
    line = f"'{COMMAND}' {arguments} {closed}"
    done = subprocess.run(["bash", "-c", line], cwd=inputs, input=lines(1), capture_output=True, check=False)
    assert done.returncode in (0, 3, 4), (done.returncode, done.stderr)
    assert b"Traceback" not in done.stderr
    assert b"bug" not in done.stderr
    if closed == "<&-" and " - " in f"{arguments} ":
        assert done.returncode == 3
    if closed == ">&-" and "-o" not in arguments:
        assert done.returncode == 4


# A full disk below the output, and below what is sorted.


def test_a_disk_that_fills_up_is_told_by_the_output(inputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(output: Output, data: bytes) -> None:
        raise OutputError("it cannot be written (No space left on device)", file=output.name)

    put(inputs, "out.nt", "old")
    monkeypatch.setattr(Output, "write", full)
    for name in ("out.nt", "out.ttl", "out.nt.gz"):
        with untouched(inputs):
            ran = run(inputs, "export", "in.jsonl", "-o", name, "--no-validate")
        assert_refused(ran, 4, f"{name}: it cannot be written (No space left on device)")


_LITTLE_ROOM: Final = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"


@pytest.mark.parametrize("room", [0, 4096, 200_000])
@pytest.mark.parametrize("name", ["out.nt", "out.ttl", "out.nt.gz", "out.ttl.zst", "out.nt.xz", "out.jsonld.bz2"])
def test_a_file_system_without_room_is_told(tmp_path: Path, room: int, name: str) -> None:
    put(tmp_path, "in.jsonl", random_lines(3000))
    put(tmp_path, name, "old")
    with untouched(tmp_path):
        ran = spawn_python(tmp_path, _LITTLE_ROOM.format(room=room), "export", "in.jsonl", "-o", name, "--no-validate")
    assert_refused(ran, 4, f"{name}: it cannot be written (File too large)")


def random_lines(count: int) -> bytes:
    """Papers with abstracts that no compression makes small."""
    generator = random.Random(1)
    return b"".join(lines(1, title=f"{i}", abstract=generator.randbytes(120).hex()) for i in range(count))


@pytest.mark.parametrize("room", [0, 100_000])
def test_no_room_for_what_is_sorted_is_told(tmp_path: Path, room: int) -> None:
    put(tmp_path, "in.jsonl", lines(300))
    put(tmp_path, "out.ttl", "old")
    with untouched(tmp_path):
        ran = spawn_python(
            tmp_path,
            _LITTLE_ROOM.format(room=room),
            "export",
            "in.jsonl",
            "-o",
            "out.ttl",
            "--no-validate",
            environment={"ARROWKG_SORT_BYTES": "200000"},
        )
    assert_refused(ran, 4, "sorting ", "set TMPDIR to a larger place, or write N-Triples")
    assert room == 0 or "(File too large)" in ran.err


def test_few_files_that_may_be_open_do_not_stop_a_sort(tmp_path: Path) -> None:
    """Or they are told of; they are no bug."""
    put(tmp_path, "in.jsonl", lines(300))
    ran = spawn_python(
        tmp_path,
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))",
        "export",
        "in.jsonl",
        "-o",
        "out.ttl",
        "--no-validate",
        environment={"ARROWKG_SORT_BYTES": "1000"},
    )
    assert ran.code in (0, 4), ran
    assert (tmp_path / "out.ttl").exists() == (ran.code == 0)


def _raising(number: int) -> Callable[..., Any]:
    def fail(*arguments: object, **more: object) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE, errno.EACCES])
def test_a_spool_that_cannot_make_a_file_says_so(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", _raising(number))
    with pytest.raises(OutputError, match=re.escape(os.strerror(number))), Spool(8) as spool:
        for word in ("pebble", "sand", "boulder"):
            spool.add(word)


class _FullFile:
    """A temporary file on a full disk; closing it writes once more, and fails once more."""

    def writelines(self, rows: list[str]) -> None:
        pass

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def close(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_spool_on_a_full_disk_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", lambda *arguments, **more: _FullFile())
    with pytest.raises(OutputError, match="No space left on device"), Spool(8) as spool:
        for word in ("pebble", "sand", "boulder"):
            spool.add(word)


# Signals.


def assert_old_or_part(folder: Path, name: str, old: bytes, new: bytes) -> bool:
    """The output is the old one or the new one, whole; beside it stands at most its temporary file. Which one it is."""
    content = (folder / name).read_bytes()
    assert content in (old, new), len(content)
    for path in folder.iterdir():
        if path.name not in (name, "in.jsonl"):
            match = _PART.fullmatch(path.name)
            assert match is not None, path
            assert match["name"] == name
            path.unlink()
    return content == new


@pytest.mark.parametrize("name", ["out.nt", "out.ttl.gz"])
def test_a_run_that_is_killed_leaves_the_old_file_or_the_new(tmp_path: Path, name: str) -> None:
    put(tmp_path, "in.jsonl", lines(1500))
    common = ("export", "in.jsonl", "-o", name, "--no-validate", "-q")
    began = time.monotonic()
    assert spawn(tmp_path, *common).code == 0
    usual = time.monotonic() - began
    new = (tmp_path / name).read_bytes()
    generator = random.Random(name)
    for moment in range(10):
        old = f"the old file of moment {moment}".encode()
        put(tmp_path, name, old)
        process = start(tmp_path, *common)
        time.sleep(usual * generator.random())
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode in (0, -signal.SIGKILL)
        assert_old_or_part(tmp_path, name, old, new)
    # And after all that a run is as if nothing had been.
    assert spawn(tmp_path, *common).code == 0
    assert (tmp_path / name).read_bytes() == new


@pytest.mark.parametrize("step", ["os.fsync", "os.replace", "arrowkg.files.outputs.sync_folder"])
def test_a_run_that_is_killed_at_the_worst_moment_leaves_a_whole_file(tmp_path: Path, step: str) -> None:
    put(tmp_path, "in.jsonl", lines(20))
    put(tmp_path, "out.nt", "old")
    new = run(tmp_path, "export", "in.jsonl", "--to", "nt", "--no-validate", "-q").out
    module, _, function = step.rpartition(".")
    prelude = f"import os, {module}\n{module}.{function} = lambda *a, **k: os.kill(os.getpid(), 9)"
    ran = spawn_python(tmp_path, prelude, "export", "in.jsonl", "-o", "out.nt", "--no-validate")
    assert ran.code == -signal.SIGKILL
    assert assert_old_or_part(tmp_path, "out.nt", b"old", new) == (step == "arrowkg.files.outputs.sync_folder")


def waiting(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """A run that has read a paper and waits for more, with its temporary file beside the output."""
    process = start(folder, "export", "-", "--from", "jsonl", "--no-validate", *options)
    assert process.stdin is not None
    process.stdin.write(lines(1))
    process.stdin.flush()
    # What was written is not taken back, and the pipe is empty when the run has read it.
    for _ in range(1000):
        if fcntl.ioctl(process.stdin, termios.FIONREAD, b"\0" * 4) == b"\0" * 4 and any(folder.glob(".*.part")):
            return process
        time.sleep(0.01)
    raise AssertionError("the run does not read")


@pytest.mark.parametrize(("number", "code", "told"), [(signal.SIGINT, 130, b"interrupted"), (signal.SIGTERM, 143, b"")])
@pytest.mark.parametrize("name", ["out.nt", "out.ttl", "out.nt.gz"])
def test_a_run_that_is_ended_leaves_the_old_file_alone(
    tmp_path: Path, number: signal.Signals, code: int, told: bytes, name: str
) -> None:
    put(tmp_path, name, "old")
    with untouched(tmp_path):
        process = waiting(tmp_path, "-o", name)
        process.send_signal(number)
        out, err = process.communicate()
    assert (process.returncode, out) == (code, b"")
    assert err.strip() == told


def test_an_end_in_the_middle_of_standard_output_is_told_by_the_exit_code(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", lines(3000))
    process = start(tmp_path, "export", "in.jsonl", "--no-validate", "--to", "nt")
    assert process.stdout is not None
    # There is much more than a pipe holds, so the run waits until this is read too.
    assert process.stdout.read(1000)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert err.strip().splitlines()[-1] == b"interrupted"


def test_two_runs_into_one_file_leave_one_of_them_whole(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", lines(500))
    put(tmp_path, "b.jsonl", lines(500, year=1999))
    wanted = [run(tmp_path, "export", name, "--to", "nt", "--no-validate").out for name in ("a.jsonl", "b.jsonl")]
    runs = [start(tmp_path, "export", name, "-o", "out.nt", "--no-validate") for name in ("a.jsonl", "b.jsonl")]
    for process in runs:
        process.communicate()
        assert process.returncode == 0
    assert (tmp_path / "out.nt").read_bytes() in wanted
    assert len(list(tmp_path.iterdir())) == 3


# Places of outputs.


@pytest.mark.parametrize(
    ("name", "code", "error"),
    [
        ("no/out.nt", 4, "no/out.nt: it cannot be written (No such file or directory)"),
        ("in.jsonl/out.nt", 4, "in.jsonl/out.nt: it cannot be written (Not a directory)"),
        ("folder", 2, "folder is a directory"),
        ("dangling/out.nt", 4, "dangling/out.nt: it cannot be written (No such file or directory)"),
    ],
)
def test_a_place_where_nothing_can_be_written_is_named(inputs: Path, name: str, code: int, error: str) -> None:
    (inputs / "folder").mkdir()
    (inputs / "dangling").symlink_to("nowhere")
    with untouched(inputs):
        ran = run(inputs, "export", "in.jsonl", "-o", name, "--to", "nt", "--no-validate")
        assert_refused(ran, code, error)
        assert_refused(run(inputs, "validate", "in.jsonl", "-o", name), code, error)
        assert_refused(run(inputs, "listing", "kg.nt", "--author", "Ada Quill", "-o", name), code, error)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT])
def test_a_folder_that_may_not_be_written_is_told(inputs: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    put(inputs, "out.nt", "old")
    monkeypatch.setattr("tempfile.mkstemp", _raising(number))
    with untouched(inputs):
        ran = run(inputs, "export", "in.jsonl", "-o", "out.nt", "--no-validate")
    assert_refused(ran, 4, f"out.nt: it cannot be written ({os.strerror(number)})")


def test_a_link_and_a_mode_are_kept(inputs: Path) -> None:
    put(inputs, "real.nt", "old").chmod(0o604)
    (inputs / "link.nt").symlink_to("real.nt")
    assert run(inputs, "export", "in.jsonl", "-o", "link.nt", "--no-validate").code == 0
    assert (inputs / "link.nt").is_symlink()
    assert (inputs / "real.nt").stat().st_size > 1000
    assert stat.S_IMODE((inputs / "real.nt").stat().st_mode) == 0o604


def test_the_place_of_an_output_may_be_a_pipe(inputs: Path) -> None:
    os.mkfifo(inputs / "pipe.nt")
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append((inputs / "pipe.nt").read_bytes()))
    reader.start()
    ran = run(inputs, "export", "in.jsonl", "-o", "pipe.nt", "--no-validate")
    reader.join()
    assert ran.code == 0
    assert found == [run(inputs, "export", "in.jsonl", "--to", "nt", "--no-validate").out]


def test_a_reader_of_a_pipe_that_went_away_is_no_error_to_tell_of(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", lines(2000))
    os.mkfifo(tmp_path / "pipe.nt")

    def look_and_go() -> None:
        with (tmp_path / "pipe.nt").open("rb") as pipe:
            pipe.read(10)

    reader = threading.Thread(target=look_and_go)
    reader.start()
    ran = spawn(tmp_path, "export", "in.jsonl", "-o", "pipe.nt", "--no-validate")
    reader.join()
    assert (ran.code, ran.out, ran.err) == (4, b"", "")


@pytest.mark.parametrize(
    "line",
    [
        "export in.jsonl --to nt -o /dev/stdout --no-validate | cat",
        "export in.jsonl --to nt -o /dev/fd/1 --no-validate | cat",
        "export in.jsonl --to nt -o >(cat) --no-validate | cat",
        "export <(cat in.jsonl) --to nt --no-validate | cat",
        "export /dev/stdin --to nt --no-validate < in.jsonl",
        "export /dev/fd/0 --to nt --no-validate < in.jsonl",
    ],
)
def test_the_names_that_a_shell_gives_to_streams_are_written_and_read(inputs: Path, line: str) -> None:
    expected = run(inputs, "export", "in.jsonl", "--to", "nt", "--no-validate").out
    done = subprocess.run(["bash", "-c", f"'{COMMAND}' {line}"], cwd=inputs, capture_output=True, check=False)
    assert done.stdout == expected, done.stderr


def test_a_device_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    name = "/proc/self/mem"
    if not Path(name).exists():
        pytest.skip("the system has no /proc/self/mem")
    assert_refused(run(tmp_path, "export", name, "--no-validate"), 3, f"{name}: it cannot be read")


def test_output_that_takes_room_is_freed_when_a_run_fails(tmp_path: Path) -> None:
    """Many failing runs leave nothing behind."""
    put(tmp_path, "in.jsonl", lines(50) + b"{")
    with untouched(tmp_path):
        codes = {run(tmp_path, "export", "in.jsonl", "-o", f"out{i}.nt.gz", "--no-validate").code for i in range(20)}
    assert codes == {3}
