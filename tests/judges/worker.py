"""A judge that runs as a process of its own, is started once and then asked many times.

One request and one reply are one line of JSON each, over the process's standard input and output. Statements do not
pass through the pipe: the judge writes them to a file, which is quicker and may be larger than memory there.
"""

from __future__ import annotations

import atexit
import json
import select
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from judges import JudgeAbsent, JudgeBroken, Refused, canonical_lines

PATIENCE: Final = 600.0
"""Seconds to wait for one reply; a judge that takes longer is stopped."""


class Worker:
    """The process of one judge, started at the first request and again after it broke.

    Args:
        name: what messages call the judge.
        missing: gives the reason why it cannot be started, or ``None``.
        command: gives the command line.
        environment: gives the process's environment variables.
    """

    def __init__(
        self,
        name: str,
        missing: Callable[[], str | None],
        command: Callable[[], Sequence[str]],
        environment: Callable[[], Mapping[str, str]],
    ) -> None:
        self._name = name
        self._missing = missing
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self._one_at_a_time = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        atexit.register(self.close)

    def read(self, path: Path, **request: str) -> list[bytes]:
        """The sorted canonical lines that the judge reads out of a file.

        Raises:
            Refused: the judge does not accept the file.
            JudgeAbsent: the judge is not installed.
            JudgeBroken: the judge stopped, hung, or failed by a fault of its own.
        """
        with self._one_at_a_time:
            out = self._scratch()
            try:
                self._ask(path, out, request)
                return canonical_lines(out.read_bytes())
            finally:
                out.unlink(missing_ok=True)

    def write(self, path: Path, out: Path, **request: str) -> dict[str, Any]:
        """Like :meth:`read`, but leaves the canonical lines unsorted in ``out``; gives the judge's reply."""
        with self._one_at_a_time:
            try:
                return self._ask(path, out, request)
            except BaseException:
                out.unlink(missing_ok=True)
                raise

    def close(self) -> None:
        """Stop the process, if it runs, and leave nothing behind."""
        self._stop()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        if self._complaints is not None:
            self._complaints.close()
            self._complaints = None

    def _scratch(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="arrowkg-judge-")
        return Path(self._folder.name) / "lines"

    def _start(self) -> subprocess.Popen[bytes]:
        reason = self._missing()
        if reason is not None:
            raise JudgeAbsent(f"{self._name} cannot be asked: {reason}")
        # Complaints go to a file: a full pipe that nobody empties would stop the judge.
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 -- it is open as long as the process
        return subprocess.Popen(
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=self._environment(),
        )

    def _ask(self, path: Path, out: Path, request: Mapping[str, str]) -> dict[str, Any]:
        if self._process is not None and self._process.poll() is not None:
            self._stop()
        if self._process is None:
            self._process = self._start()
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        line = json.dumps({**request, "path": str(path.resolve(strict=True)), "out": str(out.absolute())})
        try:
            stdin.write(line.encode("ascii") + b"\n")
            stdin.flush()
        except BrokenPipeError:
            raise self._broken("stopped before the request") from None
        try:
            # One request is under way at most, so nothing of a reply can be waiting in the buffer above the pipe.
            replied = select.select([stdout], [], [], PATIENCE)[0]
            answer = stdout.readline() if replied else b""
        except BaseException:
            # A reply that comes after an interruption must not be taken for that to the next request.
            self._stop()
            raise
        if not replied:
            raise self._broken(f"gave no reply within {PATIENCE:.0f} s")
        if not answer.endswith(b"\n"):
            raise self._broken("stopped in the middle of the request")
        reply: dict[str, Any] = json.loads(answer)
        if "refused" in reply:
            raise Refused(f"{self._name}: {reply['refused']}")
        if "broken" in reply:
            raise JudgeBroken(f"{self._name}: {reply['broken']}")
        return reply

    def _broken(self, what: str) -> JudgeBroken:
        tail = b""
        if self._complaints is not None:
            self._complaints.seek(0)
            tail = self._complaints.read()[-2000:]
        self._stop()
        return JudgeBroken(f"{self._name} {what}\n{tail.decode('utf-8', 'replace')}".rstrip())
