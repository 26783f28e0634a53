"""Sorting in bounded memory gives every text back in the order of its bytes."""

from __future__ import annotations

import errno
import os
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from arrowkg.errors import OutputError
from arrowkg.spool import Spool

LINES: Final = (strategies.texts() | st.text(strategies.safe_characters())).map(lambda text: text.replace("\n", ""))


def spooled(texts: list[str], most: int) -> list[str]:
    with Spool(most) as spool:
        for text in texts:
            spool.add(text)
        return list(spool.sorted())


@pytest.mark.parametrize("most", [1, 2, 7, 100, 10**9])
@given(texts=st.lists(LINES, max_size=12))
def test_every_text_comes_back_in_order(most: int, texts: list[str]) -> None:
    assert spooled(texts, most) == sorted(texts) == sorted(texts, key=str.encode)


@pytest.mark.parametrize("most", [1, 10**9])
def test_only_line_feeds_part_texts(most: int) -> None:
    texts = ["a\rb", "a\x0bb", "a\x0cb", "a\x1cb", "a\x85b", "a\u2028b", "a\u2029b", "\r", "", "\ufeff", "a\r"]
    assert spooled(texts, most) == sorted(texts)


def test_the_order_is_that_of_bytes_beyond_the_first_plane() -> None:
    assert spooled(["\uffef", "\U00010000", "\ue000", "z"], 1) == ["z", "\ue000", "\uffef", "\U00010000"]


def test_repeats_come_as_often_as_they_were_taken() -> None:
    assert spooled(["b", "a", "b", "a", "b"], 2) == ["a", "a", "b", "b", "b"]


def test_nothing_taken_nothing_given() -> None:
    assert spooled([], 1) == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="there is no /proc to count open files in")
def test_temporary_files_go_at_the_end(folder: Path) -> None:
    before = open_files()
    with Spool(1) as spool:
        for number in range(5):
            spool.add(f"text {number}")
        assert open_files() > before
        assert next(spool.sorted()) == "text 0"
    assert open_files() == before
    assert not list(folder.iterdir())
    with pytest.raises(RuntimeError), Spool(1) as spool:
        spool.add("text")
        raise RuntimeError
    assert open_files() == before


@pytest.fixture
def few_files() -> Iterator[int]:
    """Few files may be open at a time."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = 200
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, hard))
    yield few
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_there_may_be_more_pieces_than_files_may_be_open(few_files: int) -> None:
    texts = [f"text {number:05d}" for number in range(5 * few_files)]
    assert spooled(texts[::-1], 1) == texts


def test_a_full_disk_is_an_error_of_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def writelines(self, lines: Any) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def close(self) -> None:
            pass

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *args, **kwargs: Full())
    with Spool(1) as spool, pytest.raises(OutputError, match="No space left") as caught:
        spool.add("text")
    assert "TMPDIR" in caught.value.hint


def test_a_missing_folder_for_temporary_files_is_an_error_of_the_output(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "absent"))
    with Spool(1) as spool, pytest.raises(OutputError):
        spool.add("text")
