"""Where the listener hands reports over. Clerks take all that waits at once: one commit for many, each still waits
for its own.

A clerk that dies or takes too long is replaced, and what it had in hand is tried again piece by piece; a piece that
fails alone is kept unread, for a person.
"""

import asyncio
import contextlib
import logging
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from bounce_listener.frames import LENGTH, READY, Piece, pack, unpack_outcomes
from messaging.receipts import Recorded
from messaging.return_path import Signed

CLERKS = 2
MOST_AT_ONCE = 25  # pieces in one transaction
OCTETS_AT_ONCE = 4 << 20
START_SECONDS = 60.0
SECONDS = 30.0  # for one transaction's worth; a database that is busy waits for half of it
GATHER_SECONDS = 0.02  # the next clerk waits for a full batch while another works: a transaction costs, a piece little
PATIENCE_SECONDS = 60.0  # then the sender is told to come again

_ROOT = Path(__file__).parents[1]
_FAILED = (TimeoutError, OSError, EOFError, ValueError)
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
        self._asks_again: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """The first clerk at once, the others when there is work for them."""
        with contextlib.suppress(*_FAILED):  # tried again with the first report
            await self._idle[-1].start()

    async def close(self) -> None:
        """What waits is recorded first."""
        while self._at_work or self._waiting:
            self._hand_out()
            await asyncio.sleep(GATHER_SECONDS / 2)
        for clerk in self._clerks:
            await clerk.end()

    async def take(self, raw: bytes, signed: Sequence[Signed], via: str) -> _Outcomes:
        """One outcome for each return path, once committed; None where it is not. Goes on when the caller is gone."""
        loop = asyncio.get_running_loop()
        piece = Piece(raw, tuple(signed), via)
        waiting = _Waiting(piece, loop.create_future(), loop.time() + PATIENCE_SECONDS)
        self._waiting.append(waiting)
        self._hand_out()
        return await waiting.outcomes

    def _hand_out(self) -> None:
        while self._idle and self._waiting:
            if self._at_work and self._may_gather():
                return
            batch = self._next_batch()
            if batch:
                task = asyncio.create_task(self._work(self._idle.pop(), batch))
                self._at_work.add(task)

    def _may_gather(self) -> bool:
        """Whether to wait for more; then this is asked again in time."""
        loop = asyncio.get_running_loop()
        since = self._waiting[0].until - PATIENCE_SECONDS
        if len(self._waiting) >= MOST_AT_ONCE or loop.time() >= since + GATHER_SECONDS:
            return False
        if self._asks_again is None or self._asks_again.when() <= loop.time():
            self._asks_again = loop.call_at(since + GATHER_SECONDS, self._hand_out)
        return True

    def _next_batch(self) -> "list[_Waiting]":
        batch: list[_Waiting] = []
        octets = 0
        now = asyncio.get_running_loop().time()
        while self._waiting and len(batch) < MOST_AT_ONCE and octets < OCTETS_AT_ONCE:
            if batch and (self._waiting[0].alone or batch[0].alone):
                break
            one = self._waiting.popleft()
            if one.until < now:
                one.give_back()
            else:
                batch.append(one)
                octets += len(one.piece.raw)
        return batch

    async def _work(self, clerk: "Clerk", batch: "list[_Waiting]") -> None:
        is_ready = False
        try:
            await clerk.start()
            is_ready = True
            async with asyncio.timeout(self._seconds):
                outcomes = await clerk.work([one.piece for one in batch])
            for one, answer in zip(batch, outcomes, strict=True):
                one.answer(answer)
        except Exception as error:
            log.error("a clerk %s error=%s", "is replaced" if is_ready else "does not start", type(error).__name__)
            await clerk.end()
            if is_ready:
                self._again(batch)
            else:
                for one in batch:
                    one.give_back()
        self._idle.append(clerk)
        self._at_work.discard(cast("asyncio.Task[None]", asyncio.current_task()))
        self._hand_out()

    def _again(self, batch: "list[_Waiting]") -> None:
        for one in reversed(batch):
            if not one.alone and len(batch) > 1:
                one.alone = True
            elif one.piece.readable:
                one.alone, one.piece.readable = True, False
            else:
                one.give_back()
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

    def give_back(self) -> None:
        self.answer([None] * len(self.piece.signed))


class Clerk:
    """A process of ours and its pipes; started again when it is needed and has ended."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Returns when it is ready for work, whoever asked for it first."""
        async with self._starting:
            if self._process is not None:
                return
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._program,
                cwd=_ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            assert process.stdout is not None
            try:
                async with asyncio.timeout(START_SECONDS):
                    await process.stdout.readexactly(len(READY))
            except BaseException:
                await _kill(process)
                raise
            self._process = process

    async def work(self, pieces: Sequence[Piece]) -> list[_Outcomes]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(pack(pieces))
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        return unpack_outcomes(await process.stdout.readexactly(length))

    async def end(self) -> None:
        async with self._starting:
            process, self._process = self._process, None
        if process is not None:
            await _kill(process)


async def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
