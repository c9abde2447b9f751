"""Which worker has which messages in hand, and what became of them: the database's half of sending.

A claim is one statement and holds under a lease, which its worker extends while it lives. A message is marked as
started in the transaction before its bytes leave, and the same transaction records what finished meanwhile (a group
commit). So at any moment at most one message per connection is started and not recorded, and a crash leaves exactly
those in doubt. Nothing here waits for a network, and nothing that does holds a session.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, bindparam, exists, select, update

from messaging.db import db, transaction, utcnow
from messaging.email_message import values_of
from messaging.models import Batch, BatchStatus, Message, MessageStatus, Recipient
from messaging.quick_sql import QuickStatement
from messaging.reasons import Reason
from messaging.transitions import advance, has_one_of, id_list, is_among

LEASE = timedelta(seconds=45)


@dataclass(slots=True)
class Claimed:
    """A message in this worker's hands, with what is needed to write it."""

    id: int
    batch_id: int
    organisation_id: int
    to_address: str
    domain: str
    created_at: datetime
    attempts: int
    first_tried_at: datetime | None
    may_be_twice: bool
    was_refused_for_us: bool  # by the last answer
    values: dict[str, str]
    comes_back: int = 0  # times that a connection ended under it in this round, before it was sent


class BatchIds(NamedTuple):
    """What a claim needs to know of a batch, for a thread that has no part in the batch's session."""

    id: int
    organisation_id: int


def may_leave(batch_id: Any) -> Any:
    """The condition that every claim and every start repeats: neither stopped nor held."""
    return exists().where(Batch.id == batch_id, Batch.status == BatchStatus.SENDING, Batch.held_at.is_(None))


def claim(batch: Batch | BatchIds, worker: str, limit: int) -> list[Claimed]:
    """Up to so many messages that are due, longest due first. Two workers never get the same one."""
    now = utcnow()
    due = (
        select(Message.id)
        .where(
            Message.batch_id == batch.id,
            Message.status == MessageStatus.QUEUED,
            Message.send_after <= now,
            may_leave(batch.id),
        )
        .order_by(Message.send_after, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite has one writer at a time anyway, and leaves this out
        .cte("due")  # looked for once: PostgreSQL may run a subquery for each row, and then the limit is none
    )
    with transaction():
        ids = advance(
            Message,
            MessageStatus.SENDING,
            Message.id.in_(select(due.c.id)),
            claimed_by=worker,
            lease_until=now + LEASE,
            started_at=None,
        )
        return _read(ids, batch)


def start(batch_id: int, worker: str, ids: Sequence[int], connection: Connection | None = None) -> set[int]:
    """Marks them as started; answers which may now leave. Those missing were stopped, held, or are no longer ours.

    Call inside transaction(), or with a connection that is in one.
    """
    if not ids:
        return set()
    connection = connection or db.session.connection()
    values = start_values(batch_id, worker, ids, utcnow())
    return {row[0] for row in _quick_start(connection.dialect).run(connection, values)}


def start_values(batch_id: int, worker: str, ids: Sequence[int], now: datetime) -> dict[str, Any]:
    """The values of starting()."""
    return {"ids": id_list(ids), "worker": worker, "batch": batch_id, "now": now}


@lru_cache
def _quick_start(dialect: Dialect) -> QuickStatement:
    return QuickStatement(starting(dialect.name), dialect)


def starting(dialect: str) -> Any:
    """The statement of start()."""
    table: Any = Message.__table__
    return (
        update(table)
        .where(
            is_among(table.c.id, dialect),
            table.c.claimed_by == bindparam("worker", type_=table.c.claimed_by.type),
            has_one_of(table.c.status, [MessageStatus.SENDING]),
            may_leave(bindparam("batch", type_=table.c.batch_id.type)),
        )
        .values(started_at=bindparam("now", type_=table.c.started_at.type))
        .returning(table.c.id)
    )


def not_started(worker: str, ids: Sequence[int]) -> None:
    """Their connections ended before they were sent: they are still ours and have not left. Inside transaction()."""
    if ids:
        db.session.execute(
            update(Message)
            .where(Message.id.in_(ids), Message.claimed_by == worker, Message.status == MessageStatus.SENDING)
            .values(started_at=None)
            .execution_options(synchronize_session=False)
        )


def extend(batch_id: int, worker: str) -> None:
    """A new lease for all that this worker holds of the batch."""
    with transaction():
        db.session.execute(
            update(Message)
            .where(
                Message.batch_id == batch_id,
                Message.status == MessageStatus.SENDING,
                Message.claimed_by == worker,
            )
            .values(lease_until=utcnow() + LEASE)
            .execution_options(synchronize_session=False)
        )


def give_back(batch_id: int, worker: str) -> int:
    """Whatever this worker holds of the batch and has not started is queued again, at once; answers how many."""
    with transaction():
        given = advance(
            Message,
            MessageStatus.QUEUED,
            Message.batch_id == batch_id,
            Message.status == MessageStatus.SENDING,
            Message.claimed_by == worker,
            Message.started_at.is_(None),
            claimed_by=None,
            lease_until=None,
        )
        cancel_if_stopped(batch_id)
    return len(given)


def cancel_if_stopped(batch_id: int | None = None) -> None:
    """What is in the queue of a stopped batch will not be sent. Inside transaction().

    What may have gone already, and was queued to go again, is not told as not sent: a person looks at it.
    """
    stopped = select(Batch.id).where(Batch.status == BatchStatus.STOPPED)
    if batch_id is not None:
        stopped = stopped.where(Batch.id == batch_id)
    queued = (Message.batch_id.in_(stopped), Message.status == MessageStatus.QUEUED)
    advance(Message, MessageStatus.SENDING, *queued, Message.may_be_twice.is_(True), in_doubt_at=utcnow())
    advance(Message, MessageStatus.CANCELLED, *queued)


def _read(ids: Sequence[int], batch: Batch | BatchIds) -> list[Claimed]:
    if not ids:
        return []
    columns = (
        Message.id,
        Message.recipient_id,
        Message.to_address,
        Message.domain,
        Message.created_at,
        Message.attempts,
        Message.first_tried_at,
        Message.may_be_twice,
        Message.reason,
    )
    found = select(*columns).where(is_among(Message.id, db.engine.dialect.name))
    rows = db.session.execute(found.order_by(Message.send_after, Message.id), {"ids": id_list(ids)}).all()
    values = _values([row.recipient_id for row in rows])
    return [
        Claimed(
            row.id,
            batch.id,
            batch.organisation_id,
            row.to_address,
            row.domain,
            row.created_at,
            row.attempts,
            row.first_tried_at,
            row.may_be_twice,
            row.reason == Reason.OUR_MAIL_REFUSED,
            values[row.recipient_id],
        )
        for row in rows
    ]


def _values(recipient_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """What can be written about each. Asked by their ids: for a join PostgreSQL may read the whole list each time."""
    columns = (
        Recipient.id,
        Recipient.first_name,
        Recipient.surname,
        Recipient.date_of_birth,
        Recipient.email,
        Recipient.nhs_number,
        Recipient.mobile,
        Recipient.emis_number,
        Recipient.fields,
    )
    found = select(*columns).where(is_among(Recipient.id, db.engine.dialect.name))
    return {row.id: values_of(row) for row in db.session.execute(found, {"ids": id_list(recipient_ids)})}
