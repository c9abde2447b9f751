"""Where the listener hands reports over. Clerks take all that waits at once: one commit for many, each still waits
for its own.

A clerk that dies or takes too long is replaced, and what it had in hand is tried again piece by piece; a piece that
fails alone is kept unread, for a person.
"""

import asyncio
import contextlib
import logging
import os
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from bounce_listener.frames import LENGTH, Piece, pack, unpack_outcomes
from messaging.receipts import Recorded

CLERKS = 2
MOST_AT_ONCE = 25  # pieces in one transaction
OCTETS_AT_ONCE = 4 << 20
SECONDS = 30.0  # for one transaction's worth; a database that is busy waits for half of it
PATIENCE_SECONDS = 60.0  # then the sender is told to come again

_ROOT = Path(__file__).parents[1]
_Outcomes = list[Recorded | None]

log = logging.getLogger(__name__)


class Desk:
    """Use on one event loop, between open() and close()."""

    def __init__(self, clerks: int = CLERKS, seconds: float = SECONDS, program: str = "bounce_listener.clerk") -> None:
        self._seconds = seconds
        self._clerks = [Clerk(program) for _ in range(clerks)]
        self._idle = list(self._clerks)
        self._waiting: deque[_Waiting] = deque()
        self._at_work: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """The first clerk at once, the others when there is work for them."""
        await self._idle[-1].start()

    async def close(self) -> None:
        """What waits is recorded first."""
        while self._at_work:
            await asyncio.wait(self._at_work)
        for clerk in self._clerks:
            await clerk.end()

    async def take(self, raw: bytes, message_ids: Sequence[int], via: str) -> _Outcomes:
        """One outcome for each message, once committed; None where it is not. Goes on when the caller is gone."""
        loop = asyncio.get_running_loop()
        piece = Piece(raw, tuple(message_ids), via)
        waiting = _Waiting(piece, loop.create_future(), loop.time() + PATIENCE_SECONDS)
        self._waiting.append(waiting)
        self._hand_out()
        return await waiting.outcomes

    def _hand_out(self) -> None:
        while self._idle and self._waiting:
            batch = self._next_batch()
            if batch:
                task = asyncio.create_task(self._work(self._idle.pop(), batch))
                self._at_work.add(task)
                task.add_done_callback(self._at_work.discard)

    def _next_batch(self) -> "list[_Waiting]":
        batch: list[_Waiting] = []
        octets = 0
        now = asyncio.get_running_loop().time()
        while self._waiting and len(batch) < MOST_AT_ONCE and octets < OCTETS_AT_ONCE:
            if batch and (self._waiting[0].alone or batch[0].alone):
                break
            one = self._waiting.popleft()
            if one.until < now:
                one.answer([None] * len(one.piece.message_ids))
            else:
                batch.append(one)
                octets += len(one.piece.raw)
        return batch

    async def _work(self, clerk: "Clerk", batch: "list[_Waiting]") -> None:
        try:
            async with asyncio.timeout(self._seconds):
                outcomes = await clerk.work([one.piece for one in batch])
            for one, answer in zip(batch, outcomes, strict=True):
                one.answer(answer)
        except (TimeoutError, OSError, EOFError, ValueError) as error:
            log.error("a clerk is replaced error=%s pieces=%d", type(error).__name__, len(batch))
            await clerk.end()
            self._again(batch)
        finally:
            self._idle.append(clerk)
        self._hand_out()

    def _again(self, batch: "list[_Waiting]") -> None:
        for one in reversed(batch):
            if not one.alone and len(batch) > 1:
                one.alone = True
            elif one.piece.readable:
                one.alone, one.piece.readable = True, False
            else:
                one.answer([None] * len(one.piece.message_ids))
                continue
            self._waiting.appendleft(one)


class _Waiting:
    """A piece, whoever waits for it, until when, and whether it must go alone."""

    __slots__ = ("alone", "outcomes", "piece", "until")

    def __init__(self, piece: Piece, outcomes: "asyncio.Future[_Outcomes]", until: float) -> None:
        self.piece, self.outcomes, self.until, self.alone = piece, outcomes, until, False

    def answer(self, outcomes: _Outcomes) -> None:
        if not self.outcomes.done():  # the sender may have gone
            self.outcomes.set_result(outcomes)


class Clerk:
    """A process of ours and its pipes; started again when it is needed and has ended."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> asyncio.subprocess.Process:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._program,
                cwd=_ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        return self._process

    async def work(self, pieces: Sequence[Piece]) -> list[_Outcomes]:
        process = await self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(pack(pieces))
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        return unpack_outcomes(await process.stdout.readexactly(length))

    async def end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
