"""Real triple stores for tests: started on free ports of the loopback, stopped whatever happens."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OXIGRAPH: Final = str(Path(sysconfig.get_path("scripts")) / "oxigraph")
_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 20


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        url: the store's address.
        folder: where its data are.
        sql_port: Virtuoso's other port, 0 for others.
    """

    url: str
    folder: Path
    sql_port: int = 0


def has_virtuoso() -> bool:
    """Whether Virtuoso is installed."""
    return shutil.which("virtuoso-t") is not None and shutil.which("isql-vt") is not None


@contextlib.contextmanager
def oxigraph(folder: Path) -> Iterator[Server]:
    """Oxigraph over a folder, which may hold a store already."""
    port = _free_port()
    line = [OXIGRAPH, "serve", "--location", str(folder), "--bind", f"127.0.0.1:{port}"]
    with _running(line, folder.parent, port):
        yield Server(f"http://127.0.0.1:{port}", folder)


_VIRTUOSO: Final = """\
[Database]
DatabaseFile={folder}/virtuoso.db
ErrorLogFile={folder}/virtuoso.log
LockFile={folder}/virtuoso.lck
TransactionFile={folder}/virtuoso.trx
xa_persistent_file={folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile={folder}/temp.db
TransactionFile={folder}/temp.trx
[Parameters]
ServerPort=127.0.0.1:{sql}
DirsAllowed={folder}
NumberOfBuffers=10000
MaxDirtyBuffers=6000
[HTTPServer]
ServerPort=127.0.0.1:{http}
[SPARQL]
ResultSetMaxRows=10000
"""


@contextlib.contextmanager
def virtuoso(folder: Path) -> Iterator[Server]:
    """Virtuoso over a new folder; user and password are ``dba``. It reads files of that folder alone."""
    sql_port, port = _free_port(), _free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "virtuoso.ini"
    config.write_text(_VIRTUOSO.format(folder=folder, sql=sql_port, http=port))
    line = ["virtuoso-t", "+configfile", str(config), "+foreground"]
    with _running(line, folder, port):
        yield Server(f"http://127.0.0.1:{port}", folder, sql_port)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        number: int = one.getsockname()[1]
        return number


@contextlib.contextmanager
def _running(line: list[str], folder: Path, port: int) -> Iterator[None]:
    log = folder / "server.log"
    with log.open("wb") as told:
        process = subprocess.Popen(line, cwd=folder, stdin=subprocess.DEVNULL, stdout=told, stderr=told)
        try:
            _wait_for(process, port, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends:
        if process.poll() is not None:
            break
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("HEAD", "/")
            connection.getresponse()
            return
        time.sleep(0.1)
    raise AssertionError(f"the server does not start: {log.read_text(errors='replace')[-2000:]}")
