"""How a practice's mail is taken by each mail provider, for whoever looks after the mail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from messaging.db import db, utcnow
from messaging.models import Batch, DeliveryReceipt, Message, MessageStatus, Organisation, Recipient
from messaging.reasons import Reason

LOOKED_BACK = timedelta(days=30)
REFUSED_US = Reason.OUR_MAIL_REFUSED.value
HANDED_OVER = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)


@dataclass(frozen=True, slots=True)
class Provider:
    """A domain of patients' addresses. `words` are its servers' own when it last refused us: hostile text."""

    domain: str
    messages: int
    handed_over: int
    failed: int
    put_off: int
    refused_us: int
    words: str = ""
    status: str = ""
    refused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A report that no reader could read, and whom it is about."""

    receipt: DeliveryReceipt
    batch: Batch
    recipient: Recipient


def providers(organisation: Organisation, *, limit: int) -> list[Provider]:
    """Those that refuse us first, then by how much we send there."""
    refuses = func.sum(_when(Message.reason == REFUSED_US))
    rows = db.session.execute(
        select(
            Message.domain,
            func.count(Message.id).label("messages"),
            func.sum(_when(Message.status.in_(HANDED_OVER))).label("handed_over"),
            func.sum(_when(Message.status == MessageStatus.FAILED)).label("failed"),
            func.sum(_when(_is_put_off())).label("put_off"),
            refuses.label("refused_us"),
        )
        .join(Batch, Batch.id == Message.batch_id)
        .where(Batch.organisation_id == organisation.id, Message.created_at > utcnow() - LOOKED_BACK)
        .group_by(Message.domain)
        .order_by(refuses.desc(), func.count(Message.id).desc(), Message.domain)
        .limit(limit)
    ).all()
    words = _last_words(organisation, [row.domain for row in rows])
    return [
        Provider(
            row.domain,
            row.messages,
            int(row.handed_over),
            int(row.failed),
            int(row.put_off),
            int(row.refused_us),
            *words.get(row.domain, ()),
        )
        for row in rows
    ]


def count_not_understood(organisation: Organisation) -> int:
    found: int = db.session.scalar(_about_us(select(func.count(DeliveryReceipt.id)), organisation)) or 0
    return found


def not_understood(organisation: Organisation, *, offset: int, limit: int) -> list[NotUnderstood]:
    """The newest first."""
    query = _about_us(select(DeliveryReceipt, Batch, Recipient), organisation)
    newest = query.order_by(DeliveryReceipt.received_at.desc(), DeliveryReceipt.id.desc())
    rows: Any = db.session.execute(newest.offset(offset).limit(limit))
    return [NotUnderstood(receipt, batch, recipient) for receipt, batch, recipient in rows]


def one_not_understood(organisation: Organisation, receipt_id: int) -> NotUnderstood | None:
    query = _about_us(select(DeliveryReceipt, Batch, Recipient), organisation)
    row = db.session.execute(query.where(DeliveryReceipt.id == receipt_id)).first()
    return NotUnderstood(row[0], row[1], row[2]) if row else None


def _about_us(query: Any, organisation: Organisation) -> Any:
    return (
        query.select_from(DeliveryReceipt)
        .join(Message, Message.id == DeliveryReceipt.message_id)
        .join(Batch, Batch.id == Message.batch_id)
        .join(Recipient, Recipient.id == Message.recipient_id)
        .where(DeliveryReceipt.understood.is_(False), Batch.organisation_id == organisation.id)
    )


def _when(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _is_put_off() -> ColumnElement[bool]:
    waits = or_(Message.first_tried_at.is_not(None), Message.attempts > 0)
    return and_(Message.status == MessageStatus.QUEUED, waits)


def _last_words(organisation: Organisation, domains: Sequence[str]) -> dict[str, tuple[str, str, datetime | None]]:
    """By domain: what its servers said last when they refused us, in a report or while we sent."""
    found = {domain: (words, "", at) for domain, words, at in _answers(organisation, domains)}
    newest = (
        select(func.max(DeliveryReceipt.id))
        .join(Message, Message.id == DeliveryReceipt.message_id)
        .join(Batch, Batch.id == Message.batch_id)
        .where(
            DeliveryReceipt.reason == REFUSED_US,
            Batch.organisation_id == organisation.id,
            Message.domain.in_(domains),
        )
        .group_by(Message.domain)
    )
    rows = db.session.execute(
        select(Message.domain, DeliveryReceipt.diagnostic, DeliveryReceipt.status, DeliveryReceipt.received_at)
        .join(Message, Message.id == DeliveryReceipt.message_id)
        .where(DeliveryReceipt.id.in_(newest))
    )
    found.update({domain: (words, status, at) for domain, words, status, at in rows})
    return found


def _answers(organisation: Organisation, domains: Sequence[str]) -> Iterator[tuple[str, str, datetime | None]]:
    newest = (
        select(func.max(Message.id))
        .join(Batch, Batch.id == Message.batch_id)
        .where(
            Batch.organisation_id == organisation.id,
            Message.reason == REFUSED_US,
            Message.domain.in_(domains),
        )
        .group_by(Message.domain)
    )
    rows: Any = db.session.execute(
        select(Message.domain, Message.answer, Message.failed_at).where(Message.id.in_(newest), Message.answer != "")
    )
    yield from rows
