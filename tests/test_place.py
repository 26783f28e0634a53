"""The folder of a new site: streamed files are linked when they are as before, and the old ones are left alone."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from arrowkg.site.place import Place


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A site with one file."""
    assert Place(tmp_path / "old", None).stream("d/a.gz", [b"one", b"two"]) == (6, sha256(b"onetwo").hexdigest())
    return tmp_path / "old"


@pytest.mark.parametrize("pieces", [[b"onetwo"], [b"", b"o", b"netwo"]], ids=["whole", "pieces"])
def test_a_streamed_file_that_is_as_before_is_linked(old: Path, tmp_path: Path, pieces: list[bytes]) -> None:
    new = Place(tmp_path / "new", old)
    new.stream("d/a.gz", pieces)
    assert (new.written, new.kept) == (0, 1)
    assert (tmp_path / "new" / "d" / "a.gz").samefile(old / "d" / "a.gz")
    assert [path.name for path in (tmp_path / "new" / "d").iterdir()] == ["a.gz"]


@pytest.mark.parametrize("pieces", [[b"one"], [b"onetwo", b"!"], [b"onetwO"]], ids=["shorter", "longer", "other"])
def test_a_streamed_file_that_is_other_is_new(old: Path, tmp_path: Path, pieces: list[bytes]) -> None:
    new = Place(tmp_path / "new", old)
    new.stream("d/a.gz", pieces)
    assert (new.written, new.kept) == (1, 0)
    assert (tmp_path / "new" / "d" / "a.gz").read_bytes() == b"".join(pieces)
    assert (old / "d" / "a.gz").read_bytes() == b"onetwo"


def test_a_stream_that_fails_leaves_the_old_file_alone(old: Path, tmp_path: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield b"thr"
        raise OSError("no space left")

    new = Place(tmp_path / "new", old)
    new.stream("d/a.gz", [b"onetwo"])
    # Its place holds a link now, which must not be written through.
    with pytest.raises(OSError, match="no space left"):
        new.stream("d/a.gz", failing())
    assert (old / "d" / "a.gz").read_bytes() == b"onetwo"


def test_where_links_cannot_be_made_the_file_is_new(old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError("links are not supported")

    monkeypatch.setattr("os.link", refused)
    new = Place(tmp_path / "new", old)
    new.stream("d/a.gz", [b"onetwo"])
    new.write("b", b"x")
    assert (new.written, new.kept) == (2, 0)
    assert (tmp_path / "new" / "d" / "a.gz").read_bytes() == b"onetwo"
