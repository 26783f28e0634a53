"""Opening inputs within limits, and putting outputs in their place whole."""

from __future__ import annotations

import bz2
import contextlib
import errno
import gc
import gzip
import io
import lzma
import os
import random
import re
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from arrowkg.errors import InputError, OutputError, UsageError
from arrowkg.files import COMPRESSIONS, Input, Output, outputs, without_compression
from arrowkg.settings import Settings
from cli import PAGE, SOUND, Ran, assert_refused, jsonl, lines, put, run, spawn_python, untouched


def _zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


COMPRESS: Final[dict[str, Callable[[bytes], bytes]]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": _zstd,
}
ALL: Final = list(COMPRESS)
# More than any decoder takes at once, and hard to compress.
LONG: Final = random.Random(1).randbytes(700_000)


def whole(path: Path, **limits: Any) -> bytes:
    with Input(str(path), Settings(**limits)) as opened:
        return opened.whole()


def folded(content: bytes) -> list[bytes]:
    return content.split(b"\n")


# Inputs: compression.


def test_every_compression_is_tried_here() -> None:
    assert tuple(ALL) == COMPRESSIONS


@pytest.mark.parametrize("suffix", ALL)
@pytest.mark.parametrize("name", ["page.txt", "page.txt.gz", "page.zst", "page"])
def test_what_a_file_holds_decides_whatever_it_is_called(tmp_path: Path, suffix: str, name: str) -> None:
    assert whole(put(tmp_path, name, COMPRESS[suffix](b"some text"))) == b"some text"


@pytest.mark.parametrize("suffix", ALL)
@pytest.mark.parametrize("content", [b"", b"a", b"\n", LONG, b"\x00" * 1_000_000])
def test_what_was_compressed_comes_back(tmp_path: Path, suffix: str, content: bytes) -> None:
    assert whole(put(tmp_path, "in", COMPRESS[suffix](content))) == content


@pytest.mark.parametrize("suffix", ALL)
def test_members_one_after_another_are_one_input(tmp_path: Path, suffix: str) -> None:
    members = [b"one\n", b"", LONG, b"", b"two\n", b""]
    path = put(tmp_path, "in", b"".join(map(COMPRESS[suffix], members)))
    assert whole(path) == b"".join(members)
    with Input(str(path), Settings()) as opened:
        assert opened.head(4) == b"one\n"
        assert b"".join(opened.lines(len(LONG))) == b"".join(members)


@pytest.mark.parametrize("suffix", ALL)
@pytest.mark.parametrize("where", [0.3, 0.6, 0.9, -1, -4, -9])
@pytest.mark.parametrize("before", [b"", b"a whole member before\n"])
def test_a_compressed_file_that_is_cut_off_is_told(tmp_path: Path, suffix: str, where: float, before: bytes) -> None:
    """Wherever the cut is: inside the last member, in its checksum, or in the first."""
    content = COMPRESS[suffix](LONG)
    cut = int(len(content) * where) if 0 < where < 1 else int(where)
    path = put(tmp_path, "in", (COMPRESS[suffix](before) if before else b"") + content[:cut])
    with pytest.raises(InputError, match=rf"in: the {suffix[1:]} data is damaged or cut off"):
        whole(path)


@pytest.mark.parametrize("suffix", ALL)
def test_a_compressed_file_of_a_few_bytes_is_told(tmp_path: Path, suffix: str) -> None:
    content = COMPRESS[suffix](b"some text")
    for length in range(6, len(content)):
        with pytest.raises(InputError, match="damaged or cut off"):
            whole(put(tmp_path, "in", content[:length]))


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst"])
def test_what_follows_a_compressed_file_is_not_passed_over(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(InputError, match="damaged or cut off"):
        whole(put(tmp_path, "in", COMPRESS[suffix](b"some text") + b"and more that is not compressed"))


def test_padding_between_xz_streams_is_passed_over(tmp_path: Path) -> None:
    streams = lzma.compress(b"one"), lzma.compress(b"two")
    path = put(tmp_path, "in", streams[0] + b"\x00" * 8 + streams[1] + b"\x00" * 100_000)
    assert whole(path) == b"onetwo"


@pytest.mark.parametrize("suffix", ALL)
def test_a_damaged_byte_is_told_or_does_no_harm(tmp_path: Path, suffix: str) -> None:
    options = {".zst": zstandard.ZstdCompressor(write_checksum=True).compress}
    content = options.get(suffix, COMPRESS[suffix])(b"some text, some more text, and some again\n" * 20)
    for position in range(6, len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 0x55
        with contextlib.suppress(InputError):
            assert whole(put(tmp_path, "in", bytes(damaged))).startswith(b"some text"), position


@given(
    st.sampled_from([b"\x1f\x8b", b"\x1f\x8b\x08\x00", b"BZh", b"BZh9", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"]),
    st.binary(),
)
def test_any_bytes_after_a_signature_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, signature: bytes, rest: bytes
) -> None:
    path = put(tmp_path_factory.getbasetemp(), "signed", signature + rest)
    with contextlib.suppress(InputError):
        assert isinstance(whole(path), bytes)


def test_decoders_that_ask_for_much_memory_are_refused(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
    large_dictionary = lzma.compress(b"a", filters=filters, preset=None)
    # Magic, a frame header without a single segment, a window of 1 << 31, and an empty last block.
    large_window = b"\x28\xb5\x2f\xfd\x00" + bytes([(31 - 10) << 3]) + b"\x01\x00\x00"
    for content in (large_dictionary, large_window):
        with pytest.raises(InputError, match="damaged or cut off"):
            whole(put(tmp_path, "in", content))


# Inputs: lines, head, size.


@given(st.binary() | st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\n\n", b"\r"])).map(b"".join), st.integers(1, 8))
def test_lines_are_cut_but_none_is_lost(tmp_path_factory: pytest.TempPathFactory, content: bytes, limit: int) -> None:
    path = put(tmp_path_factory.getbasetemp(), "lines", b"=" + content)
    expected = [line[: limit + 1] for line in io.BytesIO(b"=" + content).readlines()]
    with Input(str(path), Settings()) as opened:
        assert list(opened.lines(limit)) == expected


@pytest.mark.parametrize("length", [1 << 16, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 20])
def test_long_lines_are_cut_wherever_the_buffer_ends(tmp_path: Path, length: int) -> None:
    path = put(tmp_path, "in", b"x" * length + b"\ny\n" + b"z" * length)
    with Input(str(path), Settings()) as opened:
        assert list(opened.lines(10)) == [b"x" * 11, b"y\n", b"z" * 11]


def test_the_head_is_looked_at_without_reading_on(tmp_path: Path) -> None:
    content = bytes(range(1, 256)) * 4000
    with Input(str(put(tmp_path, "in", content)), Settings()) as opened:
        assert opened.head(3) == content[:3]
        assert opened.head(1000) == content[:1000]
        assert opened.whole() == content
        assert opened.head(3) == b""


@pytest.mark.parametrize("suffix", ["", *ALL])
def test_how_far_a_file_is_read_is_told_in_its_own_bytes(tmp_path: Path, suffix: str) -> None:
    content = COMPRESS[suffix](LONG) if suffix else LONG
    with Input(str(put(tmp_path, "in", content)), Settings()) as opened:
        assert opened.size == len(content)
        opened.whole()
        assert opened.consumed == opened.size


def test_standard_input_is_read_and_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(gzip.compress(b"some text")))
    monkeypatch.setattr(sys, "stdin", stream)
    with Input("-", Settings()) as opened:
        assert (opened.name, opened.size, opened.whole()) == ("-", 0, b"some text")
    assert not stream.closed


def test_a_pipe_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(LONG,))
    writer.start()
    try:
        with Input(str(tmp_path / "pipe"), Settings()) as opened:
            assert opened.size == opened.consumed == 0
            assert opened.whole() == LONG
    finally:
        writer.join()


# Inputs: limits.


@pytest.mark.parametrize("suffix", ["", *ALL])
def test_an_input_holds_no_more_than_the_limit_after_decompression(tmp_path: Path, suffix: str) -> None:
    path = put(tmp_path, "in", COMPRESS[suffix](b"x" * 1000) if suffix else b"x" * 1000)
    assert len(whole(path, max_expanded_bytes=1000)) == 1000
    with pytest.raises(InputError, match="in: the input holds more than 999 bytes after decompression") as caught:
        whole(path, max_expanded_bytes=999)
    assert "max_expanded_bytes" in caught.value.hint


@pytest.mark.parametrize("suffix", ["", *ALL])
def test_an_input_that_is_read_whole_has_a_limit_of_its_own(tmp_path: Path, suffix: str) -> None:
    path = put(tmp_path, "in", COMPRESS[suffix](b"x" * 1000) if suffix else b"x" * 1000)
    assert len(whole(path, max_page_bytes=1000)) == 1000
    with pytest.raises(InputError, match="holds more than 999 bytes and must be read as a whole") as caught:
        whole(path, max_page_bytes=999)
    assert "max_page_bytes" in caught.value.hint


_DEEP: Final = '{"title": "a", "x": ' + "[" * 30 + "]" * 30 + "}\n"
_LIMITS: Final = [
    ("max_expanded_bytes", 300, PAGE, "the input holds more than 300 bytes after decompression", None),
    ("max_page_bytes", 300, PAGE, "the input holds more than 300 bytes and must be read as a whole", None),
    ("max_record_bytes", 60, lines(2), "the line holds more than 60 bytes", 1),
    ("max_depth", 20, _DEEP, "the JSON is nested deeper than 20", 1),
    ("max_depth", 20, "<html>" + "<div>" * 20 + "<pre>" + PAGE, "the HTML is nested deeper than 20", 1),
    ("max_authors", 1, lines(1), "2 authors, and the limit is 1", 1),
    ("max_authors", 1, PAGE.replace("• Q", "• Q\n  • R"), "2 authors, and the limit is 1", 16),
    ("max_field_characters", 5, jsonl({"title": "Stones"}), "title: 6 characters, and the limit is 5", 1),
    ("max_field_characters", 5, jsonl({"title": "a", "venue": "Stones"}), "venue: 6 characters", 1),
    ("max_field_characters", 5, jsonl({"title": "a", "kind": "Stones"}), "kind: 6 characters", 1),
    ("max_field_characters", 5, jsonl({"title": "a", "abstract": "Stones"}), "abstract: 6 characters", 1),
    ("max_field_characters", 5, jsonl({"title": "a", "url": "Stones"}), "url: 6 characters", 1),
    ("max_field_characters", 5, jsonl({"title": "a", "doi": "10.1/23"}), "doi: 7 characters", 1),
    ("max_field_characters", 5, jsonl({"title": "a", "authors": ["b", "Stones"]}), "author 2: 6 characters", 1),
    ("max_field_characters", 15, PAGE, "abstract: 21 characters, and the limit is 15", 16),
]


@pytest.mark.parametrize("origin", ["environment", "arrowkg.toml"])
@pytest.mark.parametrize(("name", "value", "content", "reason", "line"), _LIMITS)
def test_each_limit_is_a_setting(
    tmp_path: Path, origin: str, name: str, value: int, content: bytes | str, reason: str, line: int | None
) -> None:
    put(tmp_path, "in", content)
    put(tmp_path, "out.nt", "old")
    environment = {f"ARROWKG_{name.upper()}": str(value)} if origin == "environment" else {}
    if not environment:
        put(tmp_path, "arrowkg.toml", f"{name} = {value}\n")
    with untouched(tmp_path):
        ran = run(tmp_path, "export", "in", "-o", "out.nt", "--no-validate", environment=environment)
    assert_refused(ran, 3, f"in:{'' if line is None else f'{line}:'} {reason}")
    put(tmp_path, "arrowkg.toml", f"{name} = 100000\n")
    assert run(tmp_path, "export", "in", "-o", "out.nt", "--no-validate").code == 0


@pytest.mark.parametrize(("name", "value", "content", "reason", "line"), [row for row in _LIMITS if row[4]])
def test_a_record_over_a_limit_is_a_bad_record(
    tmp_path: Path, name: str, value: int, content: bytes | str, reason: str, line: int
) -> None:
    if "HTML" in reason:
        return
    put(tmp_path, "in", content)
    ran = run(
        tmp_path,
        "export",
        "in",
        "-o",
        "o.nt",
        "--no-validate",
        "--skip-bad",
        environment={f"ARROWKG_{name.upper()}": str(value)},
    )
    assert ran.told[0].startswith(f"in:{line}: {reason}")
    assert ran.told[-1] == "no paper was found"
    assert ran.code == 3
    assert (tmp_path / "o.nt.rejects.jsonl").exists()


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_of_just_the_limit_is_read_whatever_ends_it(tmp_path: Path, end: bytes) -> None:
    line = b'{"title": "Stones"}'
    put(tmp_path, "in.jsonl", line + end)
    for limit, code in ((len(line), 0), (len(line) - 1, 3)):
        environment = {"ARROWKG_MAX_RECORD_BYTES": str(limit)}
        assert run(tmp_path, "export", "in.jsonl", "-o", "o.nt", "--no-validate", environment=environment).code == code


@pytest.mark.parametrize(
    "name", ["max_expanded_bytes", "max_page_bytes", "max_record_bytes", "max_results", "sort_bytes"]
)
@pytest.mark.parametrize("content", [PAGE.encode(), jsonl(SOUND)])
def test_a_limit_may_be_as_high_as_one_likes(tmp_path: Path, name: str, content: bytes) -> None:
    put(tmp_path, "in", content)
    environment = {f"ARROWKG_{name.upper()}": "1" + "0" * 30}
    ran = run(tmp_path, "export", "in", "-o", "out.ttl", "--no-validate", environment=environment)
    assert ran.code in (0, 2), ran


@pytest.mark.parametrize("name", ["batch_records", "sort_bytes"])
def test_what_only_changes_speed_changes_no_byte(tmp_path: Path, name: str) -> None:
    put(tmp_path, "in.jsonl", lines(7))
    found = set()
    for value in ("1", "3", "100", "100000"):
        environment = {f"ARROWKG_{name.upper()}": value}
        ran = run(tmp_path, "export", "in.jsonl", "--to", "ttl", "--no-validate", "-q", environment=environment)
        assert ran.code == 0
        found.add(ran.out)
    assert len(found) == 1


def test_a_report_lists_no_more_than_the_limit_but_counts_all(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", lines(5, abstract=None))
    ran = run(tmp_path, "validate", "in.jsonl", "--report-format", "json", environment={"ARROWKG_MAX_RESULTS": "2"})
    assert ran.code == 0
    assert '"info": 5' in ran.text
    assert ran.text.count('"severity"') <= 3


# Inputs: bombs. The memory of the process is measured, so it must be one of its own.

_MEASURED: Final = """
import atexit, re, sys
def tell():
    try:
        peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]
    except OSError:
        import resource
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    print("peak", peak, file=sys.stderr)
atexit.register(tell)
"""
_MOST_KILOBYTES: Final = 400_000
_PIECE: Final = 1 << 24
_PIECES: Final = 128
"""Two gigabytes in all."""


def measured(folder: Path, *arguments: str, **environment: str) -> Ran:
    """Run the command and see that its memory stays small."""
    ran = spawn_python(folder, _MEASURED, *arguments, environment=environment)
    err, _, peak = ran.err.rpartition("peak ")
    assert int(peak) < _MOST_KILOBYTES, ran
    return Ran(ran.code, ran.out, err)


@pytest.mark.parametrize("suffix", ALL)
@pytest.mark.parametrize(
    ("fill", "reason"),
    [
        (b"\x00", "bomb: the input is binary, not text"),
        (b"\n", "bomb: the input holds nothing but blanks"),
        (b"a", "bomb:1: the input is of no known form"),
    ],
)
def test_two_gigabytes_in_a_small_file_are_refused(tmp_path: Path, suffix: str, fill: bytes, reason: str) -> None:
    path = put(tmp_path, "bomb", COMPRESS[suffix](fill * _PIECE) * _PIECES)
    assert path.stat().st_size < 3_000_000
    put(tmp_path, "out.nt", "old")
    with untouched(tmp_path):
        assert_refused(measured(tmp_path, "export", "bomb", "-o", "out.nt"), 3, reason)


@pytest.mark.parametrize(
    ("suffix", "start", "fill", "reason"),
    [
        (".gz", PAGE, b"a", "bomb: the input holds more than 268,435,456 bytes and must be read as a whole"),
        (".zst", PAGE, b"\n", "bomb: the input holds more than 268,435,456 bytes and must be read as a whole"),
        (".xz", f"<html><pre>{PAGE}", b"<p>", "bomb: the input holds more than 16,777,216 bytes and must be read"),
        (".gz", "<a:b> <a:c> <a:d> .\n#", b"a", "bomb: it is RDF (trig) and not a listing"),
        (".gz", '{"title": "a"}\n', b"a", "bomb:2: the line holds more than 16,777,216 bytes"),
        (".bz2", '{"title": "a"}\n', b" ", "bomb:2: the line holds more than 16,777,216 bytes"),
        (".zst", '{"title": "', b"a", "bomb:1: the line holds more than 16,777,216 bytes"),
    ],
)
def test_two_gigabytes_behind_a_sound_start_are_refused(
    tmp_path: Path, suffix: str, start: str, fill: bytes, reason: str
) -> None:
    compress = COMPRESS[suffix]
    put(tmp_path, "bomb", compress(start.encode()) + compress(fill * (_PIECE // len(fill))) * _PIECES)
    put(tmp_path, "out.nt", "old")
    with untouched(tmp_path):
        assert_refused(measured(tmp_path, "export", "bomb", "-o", "out.nt"), 3, reason)


@pytest.mark.parametrize("command", ["validate", "listing", "inspect"])
def test_two_gigabytes_of_rdf_are_refused(tmp_path: Path, command: str) -> None:
    put(tmp_path, "bomb.ttl", gzip.compress(b"<a:b> <a:c> <a:d> .\n#") + gzip.compress(b"a" * _PIECE) * _PIECES)
    ran = measured(tmp_path, command, "bomb.ttl")
    assert_refused(ran, 3, "bomb.ttl: the input holds more than 268,435,456 bytes and must be read as a whole")


def test_a_line_that_is_too_long_is_passed_over_to_its_end(tmp_path: Path) -> None:
    piece = gzip.compress(b"a" * _PIECE)
    put(tmp_path, "bomb", gzip.compress(b'{"title": "') + piece * 12 + gzip.compress(b'\n{"title": "On Sand"}\n'))
    ran = measured(tmp_path, "export", "bomb", "-o", "out.nt", "--no-validate", "--skip-bad")
    assert ran.code == 0
    assert ran.told[0].startswith("bomb:1: the line holds more than 16,777,216 bytes")
    assert "On Sand" in (tmp_path / "out.nt").read_text(encoding="utf-8")


def test_blank_lines_without_end_are_read_in_little_memory(tmp_path: Path) -> None:
    """In JSON Lines, and on a page, where each line has a number."""
    blank = gzip.compress(b"\n" * (1 << 22))
    put(tmp_path, "lines", gzip.compress(b'{"title": "a"}\n') + blank)
    assert measured(tmp_path, "export", "lines", "-o", "out.nt", "--no-validate").code == 0
    put(tmp_path, "page", gzip.compress(PAGE.encode()) + blank)
    assert measured(tmp_path, "export", "page", "-o", "out.nt", "--no-validate").code == 0


def test_a_limit_stops_a_bomb_that_is_read_line_by_line(tmp_path: Path) -> None:
    put(tmp_path, "bomb", gzip.compress(b'{"title": "a"}\n') + gzip.compress(b"\n" * _PIECE) * _PIECES)
    with untouched(tmp_path):
        ran = measured(
            tmp_path, "export", "bomb", "-o", "out.nt", "--no-validate", ARROWKG_MAX_EXPANDED_BYTES="3000000"
        )
    assert_refused(ran, 3, "bomb: the input holds more than 3,000,000 bytes after decompression")


# Inputs that cannot be opened or read.


def refused(folder: Path, name: str) -> Ran:
    """What export says to an input; it must write nothing."""
    put(folder, "out.nt", "old")
    with untouched(folder):
        return run(folder, "export", name, "-o", "out.nt", "--no-validate")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert_refused(refused(tmp_path, "nowhere.txt"), 3, "nowhere.txt: there is no such file", "")
    put(tmp_path, "file", "a")
    assert_refused(refused(tmp_path, "file/in.txt"), 3, "file/in.txt: ")
    assert_refused(refused(tmp_path, ""), 3, "")


def test_a_directory_names_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    assert_refused(refused(tmp_path, "pages"), 3, "pages: it is a directory", "it holds no files")
    put(folder, ".hidden", "a")
    (folder / "inside").mkdir()
    assert_refused(refused(tmp_path, "pages"), 3, "pages: it is a directory", "it holds no files")
    for name in "gfedcba":
        put(folder, f"{name}.txt", "a")
    hint = "name the files in it: a.txt, b.txt, c.txt, d.txt, e.txt and 2 more"
    assert_refused(refused(tmp_path, "pages/"), 3, "pages/: it is a directory", hint)


def test_names_in_a_directory_steer_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    put(tmp_path, "pages/\x1b[31m\x9b\n.txt", "a")
    assert_refused(refused(tmp_path, "pages"), 3, "pages: it is a directory", "name the files in it: ")


def _denied(*arguments: object, **more: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "in.txt", PAGE)
    real = Path.open

    def opened(path: Path, mode: str = "r", *arguments: Any, **more: Any) -> IO[Any]:
        if path.name == "in.txt":
            _denied()
        return real(path, mode, *arguments, **more)

    put(tmp_path, "out.nt", "old")
    with untouched(tmp_path), monkeypatch.context() as patched:
        patched.setattr(Path, "open", opened)
        ran = run(tmp_path, "export", "in.txt", "-o", "out.nt", "--no-validate")
    assert_refused(ran, 3, "in.txt: it cannot be opened (Permission denied)", "")


def test_a_directory_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pages").mkdir()
    monkeypatch.setattr(Path, "iterdir", _denied)
    assert_refused(run(tmp_path, "export", "pages", "-o", "out.nt"), 3, "pages: ")


@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "a/" * 3000])
def test_a_name_that_is_too_long_is_refused(tmp_path: Path, name: str) -> None:
    for command in ("export", "validate", "inspect", "listing"):
        assert_refused(run(tmp_path, command, name), 3, name)


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(InputError):
        Input("a\x00b", Settings())


def test_links_that_lead_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    for command in ("export", "validate", "inspect", "listing"):
        assert_refused(run(tmp_path, command, "one"), 3, "one: ")
    put(tmp_path, "in.txt", PAGE)
    with untouched(tmp_path):
        assert_refused(run(tmp_path, "export", "in.txt", "-o", "one", "--to", "nt", "--no-validate"), 4, "one: ")


class _Failing(io.RawIOBase):
    """A disk that fails after some bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._content.read(min(len(buffer), 1000))
        if not found:
            raise OSError(errno.EIO, "Input/output error")
        buffer[: len(found)] = found
        return len(found)


@pytest.mark.parametrize(
    "content", [b"", lines(100), gzip.compress(LONG), lzma.compress(LONG), bz2.compress(LONG), _zstd(LONG)]
)
def test_a_disk_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """At once, or later on."""
    monkeypatch.setattr(Path, "open", lambda path, mode: io.BufferedReader(_Failing(content)))
    with pytest.raises(InputError, match="Input/output error"), Input("in", Settings()) as opened:
        opened.whole()


# Outputs.


def write(name: str | Path, content: bytes = b"new") -> None:
    with Output(str(name)) as output:
        output.write(content)
        output.commit()


@pytest.fixture
def umask() -> Iterator[None]:
    old = os.umask(0o027)
    yield
    os.umask(old)


@pytest.mark.parametrize("old", [None, b"old"])
def test_a_file_is_put_in_its_place_whole(tmp_path: Path, old: bytes | None) -> None:
    path = tmp_path / "out"
    if old is not None:
        path.write_bytes(old)
    with Output(str(path)) as output:
        output.write(b"new")
        output.write(b"er")
        assert (path.read_bytes() if path.exists() else None) == old
        output.commit()
        assert path.read_bytes() == b"newer"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize("suffix", ["", *ALL])
def test_without_a_commit_nothing_happens(tmp_path: Path, old: bytes | None, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    if old is not None:
        path.write_bytes(old)
    with untouched(tmp_path):
        with Output(str(path)) as output:
            output.write(LONG)
        with pytest.raises(ZeroDivisionError), Output(str(path)) as output:
            output.write(LONG)
            raise ZeroDivisionError
        del output
        gc.collect()


def test_the_temporary_file_stands_beside_the_output_and_says_whose_it_is(tmp_path: Path) -> None:
    with Output(str(tmp_path / "out.nt")):
        [path] = tmp_path.iterdir()
        assert re.fullmatch(r"\.out\.nt\..+\.part", path.name)
        assert stat.S_IMODE(path.stat().st_mode) & 0o022 == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o444, 0o777, 0o1644])
def test_the_mode_of_an_old_file_is_kept(tmp_path: Path, mode: int, umask: None) -> None:
    path = put(tmp_path, "out", "old")
    path.chmod(mode)
    write(path)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_the_mode_of_a_new_file_is_as_usual(tmp_path: Path, umask: None) -> None:
    write(tmp_path / "out")
    put(tmp_path, "other", "")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_is_kept_and_what_it_leads_to_is_replaced(tmp_path: Path, exists: bool) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if exists:
        put(elsewhere, "file", "old").chmod(0o604)
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("elsewhere/file")
    write(tmp_path / "one")
    assert (tmp_path / "one").readlink() == Path("two")
    assert (tmp_path / "two").readlink() == Path("elsewhere/file")
    assert (elsewhere / "file").read_bytes() == b"new"
    assert not exists or stat.S_IMODE((elsewhere / "file").stat().st_mode) == 0o604
    assert [path.name for path in elsewhere.iterdir()] == ["file"]


def test_another_name_of_the_old_file_keeps_the_old(tmp_path: Path) -> None:
    path = put(tmp_path, "out", "old")
    (tmp_path / "other").hardlink_to(path)
    write(path)
    assert ((tmp_path / "other").read_bytes(), path.read_bytes()) == (b"old", b"new")


@pytest.mark.parametrize("name", ["石" * 82 + ".nt", "é" * 125 + ".nt", "x" * 252 + ".nt", "\U0001f9f1" * 62 + ".nt"])
def test_every_name_that_a_file_can_have_can_be_written(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(name, b"new")]


def test_a_pipe_is_written_directly(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(path.read_bytes()))
    reader.start()
    write(path, LONG)
    reader.join()
    assert found == [LONG]
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_is_written_directly() -> None:
    write("/dev/null")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(".")
    for name in (tmp_path, tmp_path / "link"):
        with untouched(tmp_path), pytest.raises(UsageError, match="is a directory"):
            Output(str(name))


@pytest.mark.parametrize(("name", "reason"), [("no/out", "No such file or directory"), ("file/out", "Not a directory")])
def test_a_place_that_is_not_there_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    put(tmp_path, "file", "old")
    with untouched(tmp_path), pytest.raises(OutputError, match=rf"it cannot be written \({reason}\)") as caught:
        Output(str(tmp_path / name))
    assert caught.value.exit_code == 4


def _failing(number: int) -> Callable[..., Any]:
    def fail(*arguments: object, **more: object) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("suffix", ["", *ALL])
@pytest.mark.parametrize(
    ("what", "number"),
    [
        ("tempfile.mkstemp", errno.EACCES),
        ("tempfile.mkstemp", errno.EROFS),
        ("os.fchmod", errno.EPERM),
        ("os.fdopen", errno.EMFILE),
        ("os.fsync", errno.ENOSPC),
        ("os.fsync", errno.EIO),
        ("os.replace", errno.EXDEV),
        ("pathlib.Path.replace", errno.EPERM),
    ],
)
def test_whatever_step_fails_there_is_the_old_file_or_the_new_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, number: int, suffix: str
) -> None:
    path = put(tmp_path, f"out{suffix}", "old")
    told = ""
    with monkeypatch.context() as patched:
        patched.setattr(what, _failing(number))
        try:
            write(path, LONG)
        except OutputError as error:
            assert error.file == str(path)
            told = error.reason
    gc.collect()
    assert list(tmp_path.iterdir()) == [path]
    if told:
        assert os.strerror(number) in told
        assert path.read_bytes() == b"old"
    else:
        assert whole(path) == LONG


class _FullDisk(io.RawIOBase):
    def __init__(self, room: int) -> None:
        self._room = room

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if len(data) > self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._room -= len(data)
        return len(data)


@pytest.mark.parametrize("suffix", ["", *ALL])
@pytest.mark.parametrize("room", [0, 10_000, 300_000])
def test_a_full_disk_is_told_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, room: int
) -> None:
    path = put(tmp_path, f"out{suffix}", "old")

    def opened(handle: int, mode: str) -> IO[bytes]:
        os.close(handle)
        return io.BufferedWriter(_FullDisk(room))

    with untouched(tmp_path), monkeypatch.context() as patched:
        patched.setattr(os, "fdopen", opened)
        with pytest.raises(OutputError, match=r"it cannot be written \(No space left on device\)"):
            write(path, LONG)
        gc.collect()


def test_a_folder_that_cannot_be_synced_is_of_no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", _failing(errno.EINVAL))
    with contextlib.suppress(OutputError):
        write(tmp_path / "out")
        assert (tmp_path / "out").read_bytes() == b"new"


def test_a_reader_that_went_away_is_no_error_to_tell_of(monkeypatch: pytest.MonkeyPatch) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    stream = io.TextIOWrapper(os.fdopen(write_end, "wb"))
    monkeypatch.setattr(sys, "stdout", stream)
    with pytest.raises(OutputError) as caught, Output("-") as output:
        output.write(LONG)
        output.commit()
    assert caught.value.is_broken_pipe
    with contextlib.suppress(BrokenPipeError):
        stream.close()


def test_standard_output_is_flushed_and_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO()
    stream = io.TextIOWrapper(content)
    monkeypatch.setattr(sys, "stdout", stream)
    write("-")
    assert content.getvalue() == b"new"
    assert not stream.closed


@pytest.mark.parametrize("suffix", ALL)
def test_the_suffix_compresses_without_a_time_or_a_name(tmp_path: Path, suffix: str) -> None:
    paths = [tmp_path / f"{name}{suffix}" for name in ("a", "longer")]
    for path in paths:
        write(path, LONG)
    contents = {path.read_bytes() for path in paths}
    assert len(contents) == 1
    assert whole(paths[0]) == LONG


@pytest.mark.parametrize("suffix", ALL)
def test_nothing_at_all_is_compressed_too(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"out{suffix}", b"")
    assert whole(tmp_path / f"out{suffix}") == b""
    assert (tmp_path / f"out{suffix}").stat().st_size > 0


@pytest.mark.parametrize(
    ("name", "less"),
    [
        ("a.nt.gz", "a.nt"),
        ("a.nt.GZ", "a.nt"),
        ("a.nt", "a.nt"),
        ("a", "a"),
        ("d.gz/a.nt", "d.gz/a.nt"),
        ("a.gz.gz", "a.gz"),
    ],
)
def test_a_name_less_its_compression(name: str, less: str) -> None:
    assert without_compression(name) == less


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_bytes_go_to_the_disk_and_out_of_memory_before_the_end(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = 20 << 20
    monkeypatch.setattr(outputs, "_KEPT_BYTES", kept)
    begun: list[tuple[int, int]] = []

    def advised(handle: int, offset: int, length: int, advice: int) -> None:
        begun.append((offset, length))
        if len(begun) == 2:
            raise OSError(errno.EINVAL, "no advice is taken")

    monkeypatch.setattr(os, "posix_fadvise", advised, raising=False)
    path = tmp_path / f"out{suffix}"
    content = random.Random(3).randbytes(1 << 20)
    with Output(str(path)) as output:
        for _ in range(50):
            output.write(content)
        output.commit()
    # Every byte, and what lies a little way back once more; the rest is left to the flush.
    ends = [sum(one) for one in begun]
    assert len(ends) == 3
    assert ends == sorted(set(ends))
    assert ends[-1] <= path.stat().st_size
    assert [start for start, _ in begun] == [max(0, end - kept) for end in ends]
    assert all(begun[n + 1][0] <= ends[n] for n in range(2))
    assert (gzip.decompress(path.read_bytes()) if suffix else path.read_bytes()) == content * 50
