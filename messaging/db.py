"""The database: one naming convention, one type for time, one way to write.

SQLite is opened in WAL mode with foreign keys on; a writing transaction there takes the write lock at its start
(BEGIN IMMEDIATE), so that it waits its turn once and can never fail half way for want of it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Dialect, Engine, Enum, MetaData, TypeDecorator, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase

T = TypeVar("T")

BUSY_TIMEOUT_MS = 15_000
WRITES = "postround_writes"  # execution option: this transaction will write
IN_TRANSACTION = "postround_in_transaction"  # session.info: transaction() is open


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
if TYPE_CHECKING:
    Model = Base  # Flask-SQLAlchemy makes its own base at run time, which no type checker can follow
else:
    Model = db.Model


def utcnow() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, always aware; SQLite would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def choice(kind: type[StrEnum]) -> Enum:
    """A column of one of the kind's values, stored as its text so that a migration never has to change a type."""
    return Enum(kind, native_enum=False, length=32, values_callable=lambda members: [m.value for m in members])


@contextmanager
def transaction() -> Iterator[None]:
    """All writes happen in here: commits at the end, rolls back when anything is raised.

    Inside another one it joins it. No provider is called and nothing is enqueued inside.
    """
    session = db.session
    if session.info.get(IN_TRANSACTION):
        yield
        return
    session.commit()  # ends what was only reading, so that the write lock is asked for at the start
    options: Any = {WRITES: True}
    session.connection(execution_options=options)
    session.info[IN_TRANSACTION] = True
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(IN_TRANSACTION, None)


def in_transaction() -> bool:
    return bool(db.session.info.get(IN_TRANSACTION))


def prepare_engine(engine: Engine) -> None:
    """Gives a SQLite engine its pragmas and its BEGIN; leaves others alone."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)


def make_durable(engine: Engine) -> None:
    """SQLite: what was committed survives a power cut too, not only our own end. Before the first connection."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=FULL").close())


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin too late, and only for some statements
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def upsert(model: Any) -> Any:
    """An INSERT that knows ON CONFLICT, which both databases spell alike and SQLAlchemy keeps apart."""
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    return insert(model)


def in_chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Slices short enough for one statement's parameters."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
