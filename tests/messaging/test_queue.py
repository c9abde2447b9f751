"""The way to Redis: a server that takes connections and says nothing is given up on."""

import socket
from collections.abc import Iterator

import pytest
from redis.exceptions import RedisError

from messaging import queue


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def connections(server: socket.socket) -> int:
    """How many have been made to it."""
    made = 0
    while True:
        try:
            server.accept()[0].close()
        except TimeoutError:
            return made
        made += 1


@pytest.mark.parametrize("retries", [0, 1])
def test_a_silent_server_is_asked_once(silent: socket.socket, retries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "SILENCE_SECONDS", 0.2)
    redis = queue.redis_connection(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", retries=retries)

    with pytest.raises(RedisError):
        redis.ping()

    redis.close()
    assert connections(silent) == 1
