"""Runs the migrations on the application's own database."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from messaging.db import UtcDateTime, db

config = context.config


def run() -> None:
    with db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # A batch migration rebuilds the table: with foreign keys on, that would delete every child row in silence.
            _switch_foreign_keys(connection, "OFF")
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=sqlite,
            compare_type=True,
            render_item=_plain_types,
            process_revision_directives=_nothing_new_is_nothing,
        )
        with context.begin_transaction():
            context.run_migrations()
        if sqlite:
            _refuse_orphans(connection)


def _switch_foreign_keys(connection: Connection, state: Literal["ON", "OFF"]) -> None:
    """Past SQLAlchemy, which would begin a transaction first: inside one SQLite ignores this in silence."""
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA foreign_keys={state}").close()


def _refuse_orphans(connection: Connection) -> None:
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    connection.rollback()
    _switch_foreign_keys(connection, "ON")
    if orphans:
        raise RuntimeError(f"the migration left {len(orphans)} rows without their parent")


def _plain_types(kind: str, item: object, _context: object) -> str | Literal[False]:
    """A migration names plain types, so that it still runs when our own have changed."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def _nothing_new_is_nothing(_context: object, _revision: object, directives: list) -> None:  # type: ignore[type-arg]
    if getattr(config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


run()
