"""What a page that moves needs to know of a batch, in one statement, kept for a moment and shared by all who watch.

However many people have the page open, a process asks the database about a batch at most once a second; and when the
answer is slow to get (a batch of 100,000 while mail goes out), so seldom that watching takes at most a twentieth of
the database's time. The course of the sending, for which every message must be looked at, is asked for more seldom
still. What is shown can be that much old: the figures ten seconds at most, the course thirty.
"""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import current_app
from sqlalchemy import BigInteger, ColumnElement, Integer, String, cast, func, literal, select, union_all

from messaging import queue
from messaging.batches.figures import Figures, figures_from
from messaging.db import db, utcnow
from messaging.models import Batch, Message, MessageStatus, Recipient, RecipientStatus

KEPT_AT_LEAST, KEPT_AT_MOST = 1.0, 10.0  # seconds
STEPS_KEPT_AT_MOST = 30.0
COST_SHARE, STEPS_COST_SHARE = 20, 200  # kept this many times as long as it took to get
STEPS = 240  # over the time that the sending took
BATCHES_KEPT = 200

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


def progress(batch: Batch) -> Progress:
    """As it is now, or was a moment ago."""
    return _shelf().get(batch)


def look_again(batch: Batch) -> None:
    """After a person's deed, so that the page they come back to shows it."""
    _shelf().drop(batch)


def _shelf() -> "_Shelf":
    shelf: _Shelf = current_app.extensions.setdefault("postround_progress", _Shelf())
    return shelf


class _Shelf:
    """The newest progress of each batch, with one asker at a time per batch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[tuple[Any, ...], _Place] = {}

    def get(self, batch: Batch) -> Progress:
        key = (batch.id, batch.status, batch.held_at)  # a change of state shows at once
        with self._lock:
            if len(self._places) >= BATCHES_KEPT and key not in self._places:
                self._places.clear()
            place = self._places.setdefault(key, _Place())
        with place.lock:
            return place.renewed(batch)

    def drop(self, batch: Batch) -> None:
        with self._lock:
            self._places = {key: place for key, place in self._places.items() if key[0] != batch.id}


class _Place:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._found: Progress | None = None
        self._fresh_until = self._steps_fresh_until = 0.0

    def renewed(self, batch: Batch) -> Progress:
        began = time.monotonic()
        if self._found is not None and began < self._fresh_until:
            return self._found
        counts_steps = self._found is None or began >= self._steps_fresh_until
        self._found = read_progress(batch, None if counts_steps else self._found)
        ended = time.monotonic()
        self._fresh_until = ended + min(KEPT_AT_MOST, max(KEPT_AT_LEAST, COST_SHARE * (ended - began)))
        if counts_steps:
            kept = min(STEPS_KEPT_AT_MOST, max(KEPT_AT_LEAST, STEPS_COST_SHARE * (ended - began)))
            self._fresh_until, self._steps_fresh_until = ended + KEPT_AT_LEAST, ended + kept
        return self._found


def read_progress(batch: Batch, known: Progress | None = None) -> Progress:
    """From the database, in one statement. With what is `known`, its steps stay as they are."""
    seconds = step_seconds(batch)
    parts: list[Any] = [_counts_of_patients(batch), _count_of_doubts(batch)]
    if known is None:
        parts += [
            _counts_by_time(batch, "handed over", Message.sent_at, HANDED_OVER, seconds),
            _counts_by_time(batch, "failed", Message.failed_at, (MessageStatus.FAILED,), seconds),
        ]
    counts: list[tuple[bool, RecipientStatus, int]] = []
    by_time: dict[int, dict[str, int]] = {}
    in_doubt = 0
    rows: Any = db.session.execute(union_all(*parts))
    for what, which, number, count in rows:
        if what == "patients":
            counts.append((bool(number), RecipientStatus(which), count))
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


def _steps(by_time: dict[int, dict[str, int]]) -> tuple[Step, ...]:
    return tuple(
        Step(datetime.fromtimestamp(second, UTC), happened.get("handed over", 0), happened.get("failed", 0))
        for second, happened in sorted(by_time.items())
    )


def step_seconds(batch: Batch) -> int:
    if batch.started_at is None:
        return 1
    until = batch.done_at or batch.stopped_at or utcnow()
    return max(1, int((until - batch.started_at).total_seconds()) // STEPS)


def _counts_of_patients(batch: Batch) -> Any:
    return (
        select(
            literal("patients"),
            cast(Recipient.status, String),
            cast(cast(Recipient.left_out, Integer), BigInteger),
            cast(func.count(), BigInteger),
        )
        .where(Recipient.batch_id == batch.id)
        .group_by(Recipient.left_out, Recipient.status)
    )


def _counts_by_time(batch: Batch, what: str, moment: Any, statuses: tuple[MessageStatus, ...], seconds: int) -> Any:
    step = _epoch(moment).op("/")(literal(seconds, BigInteger))  # whole numbers, so SQL drops the rest
    return (
        select(literal(what), literal(""), step, cast(func.count(), BigInteger))
        .where(Message.batch_id == batch.id, Message.status.in_(statuses), moment.is_not(None))
        .group_by(step)
    )


def _count_of_doubts(batch: Batch) -> Any:
    return select(literal("in doubt"), literal(""), cast(0, BigInteger), cast(func.count(), BigInteger)).where(
        Message.batch_id == batch.id, Message.status == MessageStatus.SENDING, Message.in_doubt_at.is_not(None)
    )


def _epoch(moment: Any) -> ColumnElement[int]:
    """Whole seconds since 1970, in SQL."""
    if db.engine.dialect.name == "sqlite":
        return func.unixepoch(moment, type_=BigInteger)
    return cast(func.floor(func.extract("epoch", moment)), BigInteger)
