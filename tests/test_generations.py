"""Folders that change as a whole: who reads and who builds at the same time, and what a process that dies leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from arrowkg.errors import OutputError, StoreError, UsageError
from arrowkg.generations import Generations


def build(kept: Generations, text: str) -> None:
    with kept.building() as generation:
        (generation / "text").write_text(text, encoding="utf-8")
        kept.make_live(generation)


def live_text(kept: Generations) -> str:
    with kept.reading() as generation:
        return (generation / "text").read_text(encoding="utf-8")


def numbers(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "generations").iterdir())


def test_the_last_one_built_is_live_and_alone(tmp_path: Path) -> None:
    kept = Generations(str(tmp_path / "kept"), "store")
    for text in ("one", "two", "three"):
        build(kept, text)
        assert live_text(kept) == text
    assert len(numbers(tmp_path / "kept")) == 1


def test_one_that_is_not_made_live_goes(tmp_path: Path) -> None:
    kept = Generations(str(tmp_path / "kept"), "store")
    build(kept, "one")
    with kept.building() as generation:
        (generation / "text").write_text("two", encoding="utf-8")
    assert live_text(kept) == "one"
    assert len(numbers(tmp_path / "kept")) == 1


def test_an_error_while_building_leaves_the_old_one(tmp_path: Path) -> None:
    kept = Generations(str(tmp_path / "kept"), "store")
    build(kept, "one")
    with pytest.raises(ZeroDivisionError), kept.building():
        raise ZeroDivisionError
    assert live_text(kept) == "one"
    assert len(numbers(tmp_path / "kept")) == 1


def test_what_is_read_stays_until_it_was_read(tmp_path: Path) -> None:
    kept = Generations(str(tmp_path / "kept"), "store")
    build(kept, "one")
    with kept.reading() as generation:
        build(kept, "two")
        build(kept, "three")
        assert (generation / "text").read_text(encoding="utf-8") == "one"
        assert live_text(kept) == "three"
    build(kept, "four")
    assert len(numbers(tmp_path / "kept")) == 1


def test_two_do_not_build_at_once(tmp_path: Path) -> None:
    kept = Generations(str(tmp_path / "kept"), "store")
    with kept.building(), pytest.raises(StoreError, match="another process is writing"), kept.building():
        pass


_BUILD_AND_WAIT = """
import sys, time
from arrowkg.generations import Generations
kept = Generations(sys.argv[1], "store")
with kept.building() as generation:
    (generation / "text").write_text("two")
    print("built", flush=True)
    time.sleep(60)
"""


def test_a_killed_builder_leaves_the_old_one_and_the_next_removes_the_rest(tmp_path: Path) -> None:
    kept = Generations(str(tmp_path / "kept"), "store")
    build(kept, "one")
    with subprocess.Popen([sys.executable, "-c", _BUILD_AND_WAIT, kept.name], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"built\n"
        assert len(numbers(tmp_path / "kept")) == 2
        process.send_signal(signal.SIGKILL)
    assert live_text(kept) == "one"
    build(kept, "three")
    assert live_text(kept) == "three"
    assert len(numbers(tmp_path / "kept")) == 1


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    kept = Generations(str(tmp_path), "store")
    with pytest.raises(UsageError, match="holds something else"):
        build(kept, "one")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(UsageError, match="is not an arrowkg store"), kept.reading():
        pass


def test_a_folder_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    build(Generations(str(tmp_path / "kept"), "site"), "one")
    with pytest.raises(UsageError, match="holds something else"):
        build(Generations(str(tmp_path / "kept"), "store"), "two")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no"), Generations(str(tmp_path / "none"), "store").reading():
        pass


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is not a folder"):
        build(Generations(str(tmp_path / "file"), "store"), "one")


@pytest.mark.parametrize("target", ["../../etc", "/etc", "generations/../..", "generations/x", "generations/99"])
def test_a_link_that_leads_elsewhere_is_not_followed(tmp_path: Path, target: str) -> None:
    kept = Generations(str(tmp_path / "kept"), "store")
    build(kept, "one")
    (tmp_path / "kept" / "live").unlink()
    (tmp_path / "kept" / "live").symlink_to(target)
    with pytest.raises(StoreError, match="damaged"):
        live_text(kept)
    build(kept, "two")
    assert live_text(kept) == "two"


def test_a_lost_link_is_told_of(tmp_path: Path) -> None:
    kept = Generations(str(tmp_path / "kept"), "store")
    build(kept, "one")
    (tmp_path / "kept" / "live").unlink()
    with pytest.raises(StoreError, match="its live generation is missing"):
        live_text(kept)


def test_a_folder_that_cannot_be_made_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError, match="cannot be written"):
        build(Generations(str(tmp_path / "file" / "place"), "store"), "one")


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.symlink_to", "pathlib.Path.replace"])
def test_a_failure_while_it_is_made_live_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    kept = Generations(str(tmp_path / "kept"), "store")
    build(kept, "one")

    def fail(*arguments: object, **more: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr(step, fail)
        with pytest.raises(OutputError, match="No space left"):
            build(kept, "two")
    assert live_text(kept) == "one"
    build(kept, "three")
    assert live_text(kept) == "three"


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    kept = Generations(str(tmp_path / "build" / "kg"), "store")
    with kept.building() as generation:
        (generation / "data").write_text("one")
        kept.make_live(generation)
    assert (tmp_path / "build" / "kg" / "live" / "data").read_text() == "one"
