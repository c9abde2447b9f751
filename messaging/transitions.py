"""The only writer of a status.

Each table says where a thing may go, from where, and why the odd moves are right. advance() is a conditional UPDATE
whose WHERE holds the allowed old statuses: the rows that it moves say who won, and losing is normal and silent.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Text,
    any_,
    bindparam,
    func,
    null,
    or_,
    select,
    update,
)

from messaging.db import db
from messaging.models import Batch, BatchStatus, Message, MessageStatus, Recipient, RecipientStatus
from messaging.quick_sql import QuickStatement

M, R, B = MessageStatus, RecipientStatus, BatchStatus

MESSAGE: dict[MessageStatus, tuple[MessageStatus, ...]] = {
    M.QUEUED: (M.SENDING,),  # a temporary refusal, or given back: again at send_after
    M.SENDING: (M.QUEUED,),
    M.SENT: (M.SENDING,),
    M.DELIVERED: (M.SENDING, M.SENT),
    M.READ: (M.SENDING, M.SENT, M.DELIVERED),
    # A report may overtake our own "sent" (also one whose attempt was given back), and may come after "delivered".
    M.FAILED: (M.QUEUED, M.SENDING, M.SENT, M.DELIVERED),
    M.CANCELLED: (M.QUEUED,),
}
RECIPIENT: dict[RecipientStatus, tuple[RecipientStatus, ...]] = {
    R.PENDING: (R.SENDING,),
    R.SENDING: (R.PENDING,),
    R.SENT: (R.PENDING, R.SENDING),
    R.REACHED: (R.PENDING, R.SENDING, R.SENT),
    R.FAILED: (R.PENDING, R.SENDING, R.SENT, R.REACHED),
    R.CANCELLED: (R.PENDING, R.SENDING),
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
        _recipients_follow([row[1] for row in moved], to, db.session.connection())
    return [row[0] for row in moved]


def advance_each(
    to: MessageStatus,
    rows: Sequence[Mapping[str, Any]],
    *,
    claimed_by: str,
    connection: Connection | None = None,
    **same: Any,
) -> list[tuple[int, int]]:
    """Moves many messages at once, each with texts of its own: rows of {"id", column: text …}; `same` goes into all.

    Only those still claimed by the named worker move: an answer that comes after the lease was lost changes nothing.
    Each that moves has had one attempt more and is nobody's then. Answers (message id, patient's id) of those. Call
    inside transaction(), or with a connection that is in one. Sending spends its time with this, so its statements are
    built once.
    """
    if not rows:
        return []
    columns = tuple(name for name in rows[0] if name != "id")
    connection = connection or db.session.connection()
    dialect = connection.dialect
    values: dict[str, Any] = {"holder": claimed_by, **{f"all_{name}": value for name, value in same.items()}}
    if dialect.name == "sqlite":
        values["rows"] = json.dumps([[row["id"], *(row[name] for name in columns)] for row in rows])
    else:
        values["moving"] = [row["id"] for row in rows]
        values.update((f"new_{name}", [row[name] for row in rows]) for name in columns)
    moved = [(row[0], row[1]) for row in _quick_each(columns, tuple(same), to, dialect).run(connection, values)]
    _recipients_follow([recipient_id for _, recipient_id in moved], to, connection)
    return moved


def advance_all(to: MessageStatus, ids: Sequence[int], **same: Any) -> list[int]:
    """As advance() for the messages of these ids, all with the same values, in statements that are built once."""
    connection = db.session.connection()
    values = {"ids": id_list(ids), **{f"all_{name}": value for name, value in same.items()}}
    moved = _quick_all(tuple(same), to, connection.dialect).run(connection, values)
    _recipients_follow([recipient_id for _, recipient_id in moved], to, connection)
    return [message_id for message_id, _ in moved]


def is_among(column: Any, dialect: str) -> ColumnElement[bool]:
    """Whether it is one of the ids bound as "ids" by id_list(): one text of SQL for any number of them."""
    if dialect == "sqlite":
        return column.in_(select(func.json_each(bindparam("ids", type_=Text)).table_valued("value").c.value))  # type: ignore[no-any-return]
    return column == any_(bindparam("ids", type_=ARRAY(Integer)))  # type: ignore[no-any-return]


def has_one_of(status: Any, allowed: Iterable[Any]) -> ColumnElement[bool]:
    """For rows that are found by their ids. IS TRUE says so: a planner without figures would else find them by their
    status, and walk over every row that ever had it.
    """
    return or_(*(status == one for one in allowed)).is_(True)


def id_list(ids: Sequence[int]) -> Any:
    return json.dumps(list(ids)) if db.engine.dialect.name == "sqlite" else list(ids)


@lru_cache
def _quick_all(same: tuple[str, ...], to: MessageStatus, dialect: Dialect) -> QuickStatement:
    table: Any = Message.__table__
    statement = (
        update(table)
        .where(is_among(table.c.id, dialect.name), has_one_of(table.c.status, MESSAGE[to]))
        .values(status=to, **{name: bindparam(f"all_{name}", type_=table.c[name].type) for name in same})
        .returning(table.c.id, table.c.recipient_id)
    )
    return QuickStatement(statement, dialect)


@lru_cache
def _quick_each(columns: tuple[str, ...], same: tuple[str, ...], to: MessageStatus, dialect: Dialect) -> QuickStatement:
    build = _each_on_sqlite if dialect.name == "sqlite" else _each_on_postgresql
    return QuickStatement(build(columns, same, to), dialect)


def _each_on_sqlite(columns: tuple[str, ...], same: tuple[str, ...], to: MessageStatus) -> Any:
    given = func.json_each(bindparam("rows", type_=Text)).table_valued("value", name="given")
    texts = [func.json_extract(given.c.value, f"$[{n}]", type_=Text) for n in range(1, len(columns) + 1)]
    message_id = func.json_extract(given.c.value, "$[0]", type_=Integer)
    return _each(message_id, dict(zip(columns, texts, strict=True)), same, to)


def _each_on_postgresql(columns: tuple[str, ...], same: tuple[str, ...], to: MessageStatus) -> Any:
    lists = [bindparam(f"new_{name}", type_=ARRAY(Text)) for name in columns]
    ids = bindparam("moving", type_=ARRAY(Integer))
    given = func.unnest(ids, *lists).table_valued("id", *columns, name="given").render_derived()
    among = Message.__table__.c.id == any_(ids)  # said once more, or the planner may read the whole table for them
    return _each(given.c.id, {name: given.c[name] for name in columns}, same, to).where(among)


def _each(message_id: Any, texts: Mapping[str, Any], same: tuple[str, ...], to: MessageStatus) -> Any:
    table: Any = Message.__table__
    return (
        update(table)
        .where(
            table.c.id == message_id,
            table.c.claimed_by == bindparam("holder", type_=table.c.claimed_by.type),
            has_one_of(table.c.status, MESSAGE[to]),
        )
        .values(
            status=to,
            attempts=table.c.attempts + 1,
            claimed_by=null(),
            lease_until=null(),
            **{name: bindparam(f"all_{name}", type_=table.c[name].type) for name in same},
            **texts,
        )
        .returning(table.c.id, table.c.recipient_id)
    )


@lru_cache
def _quick_follow(to: RecipientStatus, dialect: Dialect) -> QuickStatement:
    table: Any = Recipient.__table__
    found = is_among(table.c.id, dialect.name), has_one_of(table.c.status, RECIPIENT[to])
    statement = update(table).where(*found).values(status=to)
    return QuickStatement(statement, dialect)


def each_in_one_statement(columns: tuple[str, ...], same: tuple[str, ...], to: MessageStatus, then: Any) -> Any:
    """On PostgreSQL: advance_each(), their patients, and `then` (an UPDATE of other messages that returns their ids).

    One statement is one way to the server and back, and a transaction of its own.
    """
    moved = _each_on_postgresql(columns, same, to).cte("moved")
    patients: Any = Recipient.__table__
    follow = FOLLOWS[to]
    followed = (
        update(patients)
        .where(patients.c.id == moved.c.recipient_id, has_one_of(patients.c.status, RECIPIENT[follow]))
        .values(status=follow)
    ).cte("followed")
    others = then.cte("others")
    return select(others.c.id).add_cte(moved, followed)


def _recipients_follow(recipient_ids: Sequence[int], to: MessageStatus, connection: Connection) -> None:
    """One channel is all there is, so a patient's message is always their newest."""
    if recipient_ids:
        _quick_follow(FOLLOWS[to], connection.dialect).run(connection, {"ids": id_list(recipient_ids)})
