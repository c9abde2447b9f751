"""Making the messages of a batch from its patients: in sets, each in its own transaction.

A crash in the middle leaves whole sets. Going on makes only what is missing, because a patient has one message per
channel: the statement leaves out those who have theirs, and a unique key stands behind it.
"""

from typing import Any

from sqlalchemy import exists, func, insert, literal, select

from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus, Channel, Message, MessageStatus, Recipient

MADE_AT_ONCE = 2_000  # patients looked at in one transaction


def is_made(batch_id: int) -> bool:
    """Whether there is nothing to make: it is done, or the batch is not being sent."""
    made = db.session.execute(select(Batch.status, Batch.messages_made_at).where(Batch.id == batch_id)).one_or_none()
    return made is None or made.status is not BatchStatus.SENDING or made.messages_made_at is not None


def make_set(batch_id: int, after: int) -> int | None:
    """The next set. Answers the last patient looked at; None when there was none left, or the batch was stopped."""
    with transaction():
        batch = db.session.scalar(
            select(Batch)
            .where(Batch.id == batch_id, Batch.status == BatchStatus.SENDING)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        if batch is None or batch.messages_made_at is not None:
            return None
        next_ones = (
            select(Recipient.id)
            .where(Recipient.batch_id == batch_id, Recipient.id > after)
            .order_by(Recipient.id)
            .limit(MADE_AT_ONCE)
            .subquery()
        )
        last = db.session.scalar(select(func.max(next_ones.c.id)))
        if last is None:
            batch.messages_made_at = utcnow()
            return None
        batch.messages_made += _insert_messages(batch_id, after, last)
        return int(last)


def _insert_messages(batch_id: int, after: int, last: int) -> int:
    """Answers how many were missing."""
    now = utcnow()
    columns: dict[Any, Any] = {
        Message.batch_id: Recipient.batch_id,
        Message.recipient_id: Recipient.id,
        Message.channel: literal(Channel.EMAIL, Message.channel.type),
        Message.gateway: literal("smtp"),
        Message.to_address: Recipient.email,
        Message.domain: _domain_of(Recipient.email),
        Message.status: literal(MessageStatus.QUEUED, Message.status.type),
        Message.created_at: literal(now, Message.created_at.type),
        Message.send_after: literal(now, Message.send_after.type),
        Message.attempts: literal(0),
        Message.may_be_twice: literal(False),
        Message.reason: literal(""),
        Message.answer: literal(""),
    }
    patients = (
        select(*columns.values())
        .where(
            Recipient.batch_id == batch_id,
            Recipient.id > after,
            Recipient.id <= last,
            Recipient.left_out.is_(False),
            Recipient.email != "",
            ~exists().where(Message.recipient_id == Recipient.id, Message.channel == Channel.EMAIL),
        )
        .order_by(Recipient.id)
    )
    statement = insert(Message).from_select([column.key for column in columns], patients)
    made: Any = db.session.execute(statement.execution_options(preserve_rowcount=True))
    return int(made.rowcount)


def _domain_of(email: Any) -> Any:
    if db.engine.dialect.name == "sqlite":
        return func.lower(func.substr(email, func.instr(email, "@") + 1))
    return func.lower(func.split_part(email, "@", 2))
