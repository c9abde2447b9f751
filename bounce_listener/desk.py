"""Where every way in hands its reports over: read, recorded, one line in the log with ids only."""

import asyncio
import logging
from collections.abc import Sequence

from bounce_listener.evidence import Returned, digest_of
from bounce_listener.reading import ReadingRoom
from bounce_listener.recorder import Recorder
from bounce_listener.report import Report
from messaging.receipts import Recorded

log = logging.getLogger(__name__)


class Desk:
    """For the listener: nothing here keeps the event loop waiting."""

    def __init__(self, room: ReadingRoom, recorder: Recorder) -> None:
        self._room = room
        self._recorder = recorder

    async def take(self, raw: bytes, message_ids: Sequence[int], via: str) -> list[Recorded | None]:
        """One outcome for each message the report came back for, once committed; None where that failed."""
        report = await self._room.read(raw)
        digest = digest_of(raw)
        futures = [self._recorder.record(Returned(id_, report, digest, via)) for id_ in message_ids]
        outcomes = await asyncio.gather(*map(asyncio.wrap_future, futures), return_exceptions=True)
        recorded = [outcome if isinstance(outcome, Recorded) else None for outcome in outcomes]
        for id_, outcome in zip(message_ids, recorded, strict=True):
            log_report(id_, report, outcome, via)
        return recorded


def log_report(message_id: int, report: Report, outcome: Recorded | None, via: str) -> None:
    log.info(
        "report message=%d kind=%s reader=%s understood=%s via=%s %s",
        message_id,
        report.kind,
        report.reader,
        "yes" if report.understood else "no",
        via,
        outcome or "not recorded",
    )
