"""The schema that the migrations make is the one that the models say, and no migration loses a row."""

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from messaging.app import MIGRATIONS, create_base_app
from messaging.config import Settings
from messaging.db import db
from tests.cast import make_cast
from tests.databases import BOTH
from tests.messaging.batch_drafts import a_draft

VERSIONS = sorted(Path(MIGRATIONS, "versions").glob("*.py"))


@pytest.fixture
def empty_app(settings: Settings) -> Flask:
    return create_base_app(settings)


def test_migrations_are_numbered_in_one_line() -> None:
    numbers = [re.match(r"(\d{4})_", file.name) for file in VERSIONS]
    assert [number and int(number[1]) for number in numbers] == list(range(1, len(VERSIONS) + 1))


@BOTH
def test_the_migrated_schema_is_the_models(empty_app: Flask) -> None:
    with empty_app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, db.metadata) == []
        db.engine.dispose()


def test_a_table_that_is_made_anew_keeps_its_rows_and_what_hangs_on_them(empty_app: Flask) -> None:
    """On SQLite a batch's table is copied, with its patients' rows pointing to it."""
    tables = "organisations", "batches", "recipients"

    def rows() -> list[list[tuple[object, ...]]]:
        with db.engine.connect() as connection:
            return [sorted(map(tuple, connection.exec_driver_sql(f"SELECT id FROM {name}"))) for name in tables]

    with empty_app.app_context():
        upgrade()
        cast = make_cast()
        a_draft(cast)
        a_draft(cast)
        db.session.remove()
        before = rows()
        assert [len(table) for table in before] == [2, 2, 6]
        downgrade(revision="0001")
        assert rows() == before
        upgrade()
        assert rows() == before
        with db.engine.connect() as connection:
            made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'batches'").scalar_one()
            assert "AUTOINCREMENT" in made
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        db.engine.dispose()


@BOTH
def test_every_migration_goes_down_and_up_again(empty_app: Flask) -> None:
    with empty_app.app_context():
        upgrade()
        downgrade(revision="base")
        upgrade()
        db.engine.dispose()
