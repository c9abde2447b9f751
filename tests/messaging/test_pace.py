"""Limits that hold over all workers, in a real Redis; and what a worker does without it."""

import time
from collections.abc import Iterator

import pytest

from messaging.pace import Pace
from messaging.queue import redis_connection
from tests.servers import valkey


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with valkey() as url:
        yield url


@pytest.fixture
def pace_of(redis_url: str) -> Iterator[object]:
    connection = redis_connection(redis_url, retries=0)
    connection.flushall()

    def make(worker: str, **limits: int) -> Pace:
        return Pace(connection, worker, **{"connections": 10, "per_second": 0, "per_second_per_domain": 0, **limits})

    yield make
    connection.close()


def test_one_worker_may_have_all_connections(pace_of) -> None:  # type: ignore[no-untyped-def]
    assert pace_of("one").share(0, 25) == 10


def test_the_connections_of_all_workers_never_exceed_the_limit(pace_of) -> None:  # type: ignore[no-untyped-def]
    one, two, three = (pace_of(name) for name in ("one", "two", "three"))
    assert one.share(0, 10) == 10
    assert two.share(0, 10) == 0, "the first one still has them all open"
    assert one.share(10, 10) == 5, "it is told to close some"
    assert two.share(0, 10) == 0, "and has not yet"
    assert one.share(5, 10) == 5
    assert two.share(0, 10) == 5
    assert three.share(0, 10) == 0
    assert (one.share(5, 10), two.share(5, 10)) == (4, 4)
    assert (one.share(4, 10), two.share(4, 10), three.share(0, 10)) == (4, 4, 2)


def test_a_worker_that_leaves_gives_its_connections_to_the_others(pace_of) -> None:  # type: ignore[no-untyped-def]
    one, two = pace_of("one"), pace_of("two")
    one.share(0, 10)
    two.share(0, 10)
    one.leave()
    assert two.share(0, 10) == 10


def test_a_worker_that_dies_loses_its_share_after_its_lease(pace_of, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("messaging.pace.LEASE_SECONDS", 0.2)
    pace_of("dead").share(0, 10)
    time.sleep(0.3)
    assert pace_of("two").share(0, 10) == 10


def test_messages_of_all_workers_keep_the_rate(pace_of) -> None:  # type: ignore[no-untyped-def]
    workers = [pace_of(name, per_second=50) for name in ("one", "two")]
    began, left = time.monotonic(), 0
    while left < 60:
        for worker in workers:
            may, wait = worker.take(5)
            left += may
            assert may or 0 < wait <= 0.021, "never longer than a fiftieth of a second"
        time.sleep(0.002)
    burst = 10  # of a fifth of a second
    assert time.monotonic() - began >= (left - burst - 2) / 50


def test_a_slow_rate_of_one_a_second_lets_one_leave(pace_of) -> None:  # type: ignore[no-untyped-def]
    pace = pace_of("one", per_second=1)
    began = time.monotonic()
    assert pace.take(3)[0] == 1
    while not (told := pace.take(3))[0]:
        assert 0 < told[1] <= 1.0
        time.sleep(0.01)
    assert told[0] == 1
    assert time.monotonic() - began > 0.99


def test_one_domain_over_its_rate_does_not_slow_another(pace_of) -> None:  # type: ignore[no-untyped-def]
    pace = pace_of("one", per_second_per_domain=1)
    began = time.monotonic()
    assert pace.take_for("slow.example") == 0.0
    assert pace.take_for("slow.example") > 0.99 - (time.monotonic() - began)
    assert pace.take_for("other.example") == 0.0
    assert pace.take(7) == (7, 0.0)


def test_without_redis_a_worker_keeps_what_it_has_and_slows_to_its_part() -> None:
    now = [100.0]
    nobody = redis_connection("redis://127.0.0.1:1/0", retries=0)
    pace = Pace(nobody, "one", connections=10, per_second=100, per_second_per_domain=0, clock=lambda: now[0])
    assert pace.share(0, 10) == 0, "it opens none"
    pace._granted = 5
    assert pace.share(5, 10) == 5
    assert pace.share(3, 10) == 3
    left = 0
    for _ in range(1000):
        now[0] += 0.001
        left += pace.take(10)[0]
    assert 28 <= left <= 37, "3 of 10 connections: 30 of 100 a second"
    nobody.close()
