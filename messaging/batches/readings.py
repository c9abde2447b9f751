"""What a page that moves needs to know of a batch, read from the database in one statement.

Each place is counted by itself: an index answers such a count in half the time of a GROUP BY. The statements are built
once, because so many watchers ask for the same.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, bindparam, cast, func, literal, select, union_all

from messaging import queue
from messaging.batches.figures import Figures, figures_from
from messaging.db import db, utcnow
from messaging.models import Batch, Message, MessageStatus, Recipient, RecipientStatus

STEPS = 240  # over the time that the sending took

HANDED_OVER = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)


@dataclass(frozen=True, slots=True)
class Step:
    """What happened in the short time from this moment to the next step."""

    at: datetime
    handed_over: int
    failed: int


@dataclass(frozen=True, slots=True)
class Progress:
    figures: Figures
    steps: tuple[Step, ...]  # oldest first; steps in which nothing happened are left out
    steps_at: datetime  # when they were counted
    in_doubt: int  # messages of which a crash leaves unknown whether they went
    workers: int | None  # that listen now; None when nobody can say, or nothing is to be sent


def read_progress(batch: Batch, known: Progress | None = None) -> Progress:
    """As it is now. With what is `known`, its steps stay as they are."""
    seconds = step_seconds(batch, utcnow())
    statement = _statement(db.engine.dialect.name, known is None)
    rows: Any = db.session.execute(statement, {"batch": batch.id, "seconds": seconds})
    counts: list[tuple[bool, RecipientStatus, int]] = []
    by_time: dict[int, dict[str, int]] = {}
    in_doubt = 0
    for what, which, number, count in rows:
        if what == "patients":
            left_out = which == LEFT_OUT
            counts.append((left_out, RecipientStatus.PENDING if left_out else RecipientStatus(which), count))
        elif what == "in doubt":
            in_doubt = count
        else:
            by_time.setdefault(number * seconds, {})[what] = count
    return Progress(
        figures=figures_from(counts),
        steps=known.steps if known else _steps(by_time),
        steps_at=known.steps_at if known else utcnow(),
        in_doubt=in_doubt,
        workers=queue.count_workers() if batch.is_moving else None,
    )


def step_seconds(batch: Batch, now: datetime) -> int:
    if batch.started_at is None:
        return 1
    until = batch.done_at or batch.stopped_at or now
    return max(1, int((until - batch.started_at).total_seconds()) // STEPS)


def _steps(by_time: dict[int, dict[str, int]]) -> tuple[Step, ...]:
    return tuple(
        Step(datetime.fromtimestamp(second, UTC), happened.get("handed over", 0), happened.get("failed", 0))
        for second, happened in sorted(by_time.items())
    )


LEFT_OUT = "left out"


@lru_cache
def _statement(dialect: str, with_steps: bool) -> Any:
    """Rows of (what is counted, which of them, time, how many)."""
    batch: Any = bindparam("batch", type_=Recipient.batch_id.type)
    left_out = Recipient.left_out
    parts = [_count("patients", LEFT_OUT, Recipient.batch_id == batch, left_out.is_(True))]
    parts += [
        _count("patients", status, Recipient.batch_id == batch, left_out.is_(False), Recipient.status == status)
        for status in RecipientStatus
    ]
    parts.append(
        _count(
            "in doubt",
            "",
            Message.batch_id == batch,
            Message.status == MessageStatus.SENDING,
            Message.in_doubt_at.is_not(None),
        )
    )
    if with_steps:
        parts += [
            _count_by_time("handed over", batch, Message.sent_at, dialect, HANDED_OVER),
            _count_by_time("failed", batch, Message.failed_at, dialect, (MessageStatus.FAILED,)),
        ]
    return union_all(*parts)


def _count(what: str, which: str, *criteria: Any) -> Any:
    columns = literal(what, String), literal(str(which), String), cast(0, BigInteger), cast(func.count(), BigInteger)
    return select(*columns).where(*criteria)


def _count_by_time(what: str, batch: Any, moment: Any, dialect: str, statuses: tuple[MessageStatus, ...]) -> Any:
    # Whole numbers, so SQL drops the rest.
    step = _epoch(moment, dialect).op("/")(bindparam("seconds", type_=BigInteger))
    return (
        select(literal(what, String), literal("", String), step, cast(func.count(), BigInteger))
        .where(Message.batch_id == batch, Message.status.in_(statuses), moment.is_not(None))
        .group_by(step)
    )


def _epoch(moment: Any, dialect: str) -> ColumnElement[int]:
    """Whole seconds since 1970, in SQL."""
    if dialect == "sqlite":
        return func.unixepoch(moment, type_=BigInteger)
    return cast(func.floor(func.extract("epoch", moment)), BigInteger)
