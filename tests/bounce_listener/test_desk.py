"""The desk and its clerks: one that dies or hangs costs nobody else's report anything."""

import asyncio
import os
from collections.abc import Coroutine
from datetime import date
from typing import Any

import pytest

from bounce_listener.desk import Desk
from bounce_listener.frames import Piece, pack, pack_outcomes, unpack, unpack_outcomes
from messaging.receipts import Recorded
from messaging.return_path import Signed

KEPT, UNREAD = Recorded.KEPT, Recorded.IGNORED
TODAY = date(2026, 11, 24)


def at_desk(work: Any, seconds: float = 20, clerks: int = 2) -> Any:
    async def run() -> Any:
        desk = Desk(clerks, seconds, "tests.bounce_listener.fake_clerk")
        await desk.open()
        try:
            return await work(desk)
        finally:
            await desk.close()

    return asyncio.run(run())


def together(desk: Desk, *reports: bytes) -> Coroutine[Any, Any, list[Any]]:
    async def take() -> list[Any]:
        both = [(Signed(number, TODAY), Signed(0, TODAY)) for number in range(1, len(reports) + 1)]
        taken = await asyncio.gather(*(desk.take(raw, two, "smtp") for raw, two in zip(reports, both, strict=True)))
        assert all(one == [one[0]] * 2 for one in taken)
        return [one[0] for one in taken]

    return take()


def test_each_report_gets_its_own_outcome() -> None:
    reports = [b"refuse" if number % 3 == 0 else b"fine" for number in range(200)]
    outcomes = at_desk(lambda desk: together(desk, *reports))
    assert outcomes == [None if raw == b"refuse" else KEPT for raw in reports]


@pytest.mark.parametrize(("hostile", "seconds"), [(b"die", 20), (b"hang", 2.5)])
def test_a_report_on_which_a_clerk_fails_is_kept_unread_and_the_others_are_read(hostile: bytes, seconds: float) -> None:
    outcomes = at_desk(lambda desk: together(desk, b"one", hostile, b"two", b"three"), seconds)
    assert outcomes == [KEPT, UNREAD, KEPT, KEPT]


def test_a_report_that_cannot_even_be_kept_is_given_back_and_the_desk_goes_on() -> None:
    async def work(desk: Desk) -> list[Any]:
        return [await together(desk, b"cannot even be kept"), await together(desk, b"one")]

    assert at_desk(work) == [[None], [KEPT]]


def test_when_no_clerk_can_start_everything_is_given_back_for_later() -> None:
    async def work() -> list[Any]:
        desk = Desk(2, 20, "tests.bounce_listener.no_such_program")
        await desk.open()
        outcomes = await together(desk, b"one", b"two")
        await desk.close()
        return outcomes

    assert asyncio.run(work()) == [None, None]


def test_a_sender_that_is_gone_does_not_stop_the_recording_and_closing_waits_for_it() -> None:
    async def work(desk: Desk) -> int:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(desk.take(b"slow" * 10, (Signed(1, TODAY),), "smtp"), 0.05)
        return len(desk._at_work)

    assert at_desk(work) == 1


def test_a_report_that_comes_before_the_first_clerk_is_ready_is_answered() -> None:
    async def work() -> list[Any]:
        desk = Desk(2, 20, "tests.bounce_listener.fake_clerk")
        opening = asyncio.create_task(desk.open())
        await asyncio.sleep(0.01)
        outcomes = await asyncio.wait_for(together(desk, b"one", b"two"), 60)
        await opening
        await desk.close()
        return outcomes

    assert asyncio.run(work()) == [KEPT, KEPT]


def test_what_waits_too_long_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bounce_listener.desk.PATIENCE_SECONDS", 0.1)
    outcomes = at_desk(lambda desk: together(desk, b"slow", b"late"), clerks=1)
    assert outcomes == [KEPT, None]


def test_no_clerk_is_left_when_the_desk_is_closed() -> None:
    async def work(desk: Desk) -> list[int]:
        await together(desk, *[b"slow"] * 60)
        return [clerk._process.pid for clerk in desk._clerks if clerk._process]

    for pid in at_desk(work):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_what_goes_over_the_pipe_comes_out_as_it_went_in() -> None:
    two = (Signed(2**60, TODAY), Signed(3, date.max))
    pieces = [Piece(b"", (Signed(1, TODAY),), "smtp"), Piece(bytes(range(256)) * 9, two, "lmtp", readable=False)]
    assert unpack(pack(pieces)[4:]) == pieces
    outcomes = [[Recorded.APPLIED, None], []]
    assert unpack_outcomes(pack_outcomes(outcomes)[4:]) == outcomes
