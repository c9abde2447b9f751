"""The only writer of a status.

Each table says where a thing may go, from where, and why the odd moves are right. advance() is a conditional UPDATE
whose WHERE holds the allowed old statuses: the rows that it moves say who won, and losing is normal and silent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, select, update

from messaging.db import db, in_chunks
from messaging.models import Batch, BatchStatus, Message, MessageStatus, Recipient, RecipientStatus

M, R, B = MessageStatus, RecipientStatus, BatchStatus
IDS_AT_ONCE = 500  # parameters in one statement

MESSAGE: dict[MessageStatus, tuple[MessageStatus, ...]] = {
    M.QUEUED: (M.SENDING,),  # a temporary refusal, or given back: again at send_after
    M.SENDING: (M.QUEUED,),
    M.SENT: (M.SENDING,),
    M.DELIVERED: (M.SENDING, M.SENT),
    M.READ: (M.SENDING, M.SENT, M.DELIVERED),
    # A report may overtake our own "sent" (also one whose attempt was given back), and may come after "delivered".
    M.FAILED: (M.QUEUED, M.SENDING, M.SENT, M.DELIVERED),
    M.CANCELLED: (M.QUEUED,),
    M.SUPPRESSED: (M.QUEUED,),
}
RECIPIENT: dict[RecipientStatus, tuple[RecipientStatus, ...]] = {
    R.PENDING: (R.SENDING,),
    R.SENDING: (R.PENDING,),
    R.SENT: (R.PENDING, R.SENDING),
    R.REACHED: (R.PENDING, R.SENDING, R.SENT),
    R.FAILED: (R.PENDING, R.SENDING, R.SENT, R.REACHED),
    R.CANCELLED: (R.PENDING, R.SENDING),
    R.SUPPRESSED: (R.PENDING, R.SENDING),
}
BATCH: dict[BatchStatus, tuple[BatchStatus, ...]] = {
    B.SCHEDULED: (B.DRAFT,),
    B.SENDING: (B.SCHEDULED,),
    B.DONE: (B.SENDING,),
    B.STOPPED: (B.DRAFT, B.SCHEDULED, B.SENDING),
}
TABLES: dict[type[Any], Mapping[Any, tuple[Any, ...]]] = {
    Message: MESSAGE,
    Recipient: RECIPIENT,
    Batch: BATCH,
}

FOLLOWS: dict[MessageStatus, RecipientStatus] = {
    M.QUEUED: R.PENDING,
    M.SENDING: R.SENDING,
    M.SENT: R.SENT,
    M.DELIVERED: R.REACHED,
    M.READ: R.REACHED,
    M.FAILED: R.FAILED,
    M.CANCELLED: R.CANCELLED,
    M.SUPPRESSED: R.SUPPRESSED,
}


def advance(model: type[Any], to: Any, *criteria: ColumnElement[bool], **values: Any) -> list[int]:
    """Moves every row that meets the criteria and may move; answers the ids of those it moved.

    A message's patient moves with it. Call inside transaction().
    """
    returning = [model.id, model.recipient_id] if model is Message else [model.id]
    statement = (
        update(model)
        .where(*criteria, model.status.in_(TABLES[model][to]))
        .values(status=to, **values)
        .returning(*returning)
        .execution_options(synchronize_session=False)
    )
    moved = db.session.execute(statement).all()
    if model is Message:
        _recipients_follow([row[1] for row in moved], to)
    return [row[0] for row in moved]


def advance_each(to: MessageStatus, rows: Sequence[Mapping[str, Any]], *, claimed_by: str) -> None:
    """Moves many messages at once, each with values of its own: rows of {"id", column: value …}.

    Only those still claimed by the named worker move: an answer that comes after the lease was lost changes nothing.
    All rows name the same columns. Call inside transaction().
    """
    if not rows:
        return
    columns = [name for name in rows[0] if name != "id"]
    statement = (
        update(Message)
        .where(
            Message.id == bindparam("message_id"),
            Message.claimed_by == claimed_by,
            or_(*(Message.status == allowed for allowed in MESSAGE[to])),  # executemany takes no IN list
        )
        .values(status=to, **{name: bindparam(f"new_{name}") for name in columns})
        .execution_options(synchronize_session=False)
    )
    db.session.connection().execute(
        statement,
        [{"message_id": row["id"], **{f"new_{name}": row[name] for name in columns}} for row in rows],
    )
    _recipients_follow_messages([row["id"] for row in rows], to)


def _recipients_follow_messages(message_ids: Sequence[int], to: MessageStatus) -> None:
    for ids in in_chunks(message_ids, IDS_AT_ONCE):
        moved = select(Message.recipient_id).where(Message.id.in_(ids), Message.status == to)
        _move_recipients(Recipient.id.in_(moved), FOLLOWS[to])


def _recipients_follow(recipient_ids: Sequence[int], to: MessageStatus) -> None:
    for ids in in_chunks(recipient_ids, IDS_AT_ONCE):
        _move_recipients(Recipient.id.in_(ids), FOLLOWS[to])


def _move_recipients(which: ColumnElement[bool], to: RecipientStatus) -> None:
    """One channel is all there is, so a patient's message is always their newest."""
    db.session.execute(
        update(Recipient)
        .where(which, Recipient.status.in_(RECIPIENT[to]))
        .values(status=to)
        .execution_options(synchronize_session=False)
    )
