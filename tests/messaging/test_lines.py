"""Who has how many connections to the smart host, as workers come and go: by a clock of the test's own."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from messaging.lines import Lines
from messaging.pace import Pace
from messaging.queue import redis_connection
from tests.servers import valkey

TICK = 0.1


class Gateway:
    """Opens and closes at once."""

    def __init__(self) -> None:
        self.open = 0
        self.failures: list[Any] = []

    def grow(self, to: int) -> None:
        self.open = to

    shrink = grow


@pytest.fixture
def worker() -> Iterator[Callable[[str], tuple[Lines, Gateway]]]:
    with valkey() as url:
        connection = redis_connection(url, retries=0)

        def make(name: str) -> tuple[Lines, Gateway]:
            gateway = Gateway()
            pace = Pace(connection, name, connections=10, per_second=0, per_second_per_domain=0)
            standing: Any = SimpleNamespace(is_proven=True)
            sender: Any = SimpleNamespace(gateway=gateway, standing=standing, pace=pace, connections=10)
            return Lines(sender), gateway

        yield make
        connection.close()


def test_a_second_worker_has_its_part_soon_after_the_first_was_told_to_give_it(
    worker: Callable[[str], tuple[Lines, Gateway]],
) -> None:
    (one, ones), (two, twos) = worker("one"), worker("two")
    one.mind(0.0, to_send=None, may_open=True)
    assert ones.open == 10
    for tick in range(1, 26):
        for lines in (one, two):
            lines.mind(tick * TICK, to_send=None, may_open=True)
        assert ones.open + twos.open <= 10
    assert (ones.open, twos.open) == (5, 5)
