"""Whom a batch did not reach, why, and what has been done about it: in sets, a page at a time or as a stream."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from messaging import audit
from messaging.db import db, in_chunks, transaction, utcnow
from messaging.models import Batch, DeliveryReceipt, Message, Recipient, RecipientStatus, User
from messaging.reasons import Reason

AT_ONCE = 500  # rows held, and ids in one statement
WORDS_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of them. `dealt_with` None: all; `words` are looked for in name, address and NHS number."""

    reason: Reason | None = None
    dealt_with: bool | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A patient who was not reached. `diagnostic` is their server's words: hostile text."""

    recipient: Recipient
    reason: Reason
    reported_at: datetime | None
    diagnostic: str
    dealt_with_by: str

    @property
    def is_dealt_with(self) -> bool:
        return self.recipient.dealt_with_at is not None


def reason_of(stored: str) -> Reason:
    """What the database holds as a reason; one that is not known (any more) is UNKNOWN."""
    try:
        return Reason(stored)
    except ValueError:
        return Reason.UNKNOWN


def count(batch: Batch, wanted: Wanted) -> int:
    found: int = db.session.scalar(_joined(select(func.count(Recipient.id))).where(*_criteria(batch, wanted))) or 0
    return found


def reasons(batch: Batch, wanted: Wanted) -> list[tuple[Reason, int]]:
    """How many for each reason, the most frequent first, whatever reason is wanted."""
    any_reason = Wanted(None, wanted.dealt_with, wanted.words)
    rows: Any = db.session.execute(
        _joined(select(Message.reason, func.count(Recipient.id)))
        .where(*_criteria(batch, any_reason))
        .group_by(Message.reason)
    )
    counts: dict[Reason, int] = {}
    for stored, number in rows:
        reason = reason_of(stored or "")
        counts[reason] = counts.get(reason, 0) + number
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].label))


def listed(batch: Batch, wanted: Wanted, *, offset: int, limit: int) -> list[Failure]:
    """The newest report first."""
    rows = db.session.execute(_rows(batch, wanted).offset(offset).limit(limit)).all()
    return [_failure(row) for row in rows]


def stream(batch: Batch, wanted: Wanted) -> Iterator[Failure]:
    """All of them, holding few at a time."""
    rows = db.session.execute(_rows(batch, wanted).execution_options(yield_per=AT_ONCE))
    for row in rows:
        yield _failure(row)


def deal_with(batch: Batch, recipient_ids: Sequence[int], *, by: User) -> int:
    """Marks those of them that are not marked yet; answers how many. Whoever was first stays named."""
    open_ones = Recipient.dealt_with_at.is_(None)
    values = {"dealt_with_at": utcnow(), "dealt_with_by_id": by.id}
    return _mark(batch, recipient_ids, open_ones, values, "dealt with", by)


def undo(batch: Batch, recipient_ids: Sequence[int], *, by: User) -> int:
    """Takes the mark away again; answers how many had it."""
    values = {"dealt_with_at": None, "dealt_with_by_id": None}
    return _mark(batch, recipient_ids, Recipient.dealt_with_at.is_not(None), values, "dealt with undone", by)


def _mark(
    batch: Batch,
    recipient_ids: Sequence[int],
    which: ColumnElement[bool],
    values: Mapping[str, object],
    action: str,
    by: User,
) -> int:
    marked = 0
    with transaction():
        for ids in in_chunks(recipient_ids, AT_ONCE):
            statement = (
                update(Recipient)
                .where(
                    Recipient.batch_id == batch.id,
                    Recipient.status == RecipientStatus.FAILED,
                    Recipient.id.in_(ids),
                    which,
                )
                .values(**values)
                .returning(Recipient.id)
                .execution_options(synchronize_session=False)
            )
            marked += len(db.session.execute(statement).all())
        if marked:
            audit.record(by, action, batch, organisation_id=batch.organisation_id, patients=marked)
    db.session.expire_all()
    return marked


def _rows(batch: Batch, wanted: Wanted) -> Any:
    return (
        _joined(
            select(
                Recipient,
                Message.reason,
                Message.failed_at,
                Message.answer,
                DeliveryReceipt.diagnostic,
                User.name,
                User.email,
            )
        )
        .outerjoin(DeliveryReceipt, and_(DeliveryReceipt.message_id == Message.id, DeliveryReceipt.applied))
        .outerjoin(User, User.id == Recipient.dealt_with_by_id)
        .where(*_criteria(batch, wanted))
        .order_by(Message.failed_at.desc(), Recipient.id)
    )


def _joined(query: Any) -> Any:
    return query.select_from(Recipient).outerjoin(Message, Message.recipient_id == Recipient.id)


def _failure(row: Any) -> Failure:
    recipient, reason, failed_at, answer, diagnostic, name, email = row
    return Failure(recipient, reason_of(reason or ""), failed_at, diagnostic or answer or "", name or email or "")


def _criteria(batch: Batch, wanted: Wanted) -> list[ColumnElement[bool]]:
    criteria: list[ColumnElement[bool]] = [
        Recipient.batch_id == batch.id,
        Recipient.left_out.is_(False),
        Recipient.status == RecipientStatus.FAILED,
    ]
    if wanted.reason is Reason.UNKNOWN:
        known = [reason.value for reason in Reason if reason is not Reason.UNKNOWN]
        criteria.append(or_(Message.reason.is_(None), Message.reason.not_in(known)))
    elif wanted.reason is not None:
        criteria.append(Message.reason == wanted.reason.value)
    if wanted.dealt_with is not None:
        dealt_with = Recipient.dealt_with_at
        criteria.append(dealt_with.is_not(None) if wanted.dealt_with else dealt_with.is_(None))
    return criteria + _holds(wanted.words)


def _holds(words: str) -> list[ColumnElement[bool]]:
    digits = "".join(words.split())
    if digits.isascii() and digits.isdigit():
        return [Recipient.nhs_number.contains(digits, autoescape=True)]
    columns = (Recipient.first_name, Recipient.surname, Recipient.email)
    return [
        or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words.split()[:WORDS_AT_MOST]
    ]
