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

VERSIONS = sorted(Path(MIGRATIONS, "versions").glob("*.py"))


@pytest.fixture
def empty_app(settings: Settings) -> Flask:
    return create_base_app(settings)


def test_migrations_are_numbered_in_one_line() -> None:
    numbers = [re.match(r"(\d{4})_", file.name) for file in VERSIONS]
    assert [number and int(number[1]) for number in numbers] == list(range(1, len(VERSIONS) + 1))


def test_the_migrated_schema_is_the_models(empty_app: Flask) -> None:
    with empty_app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, db.metadata) == []
        db.engine.dispose()


def test_every_migration_goes_down_and_up_again(empty_app: Flask) -> None:
    with empty_app.app_context():
        upgrade()
        downgrade(revision="base")
        upgrade()
        db.engine.dispose()
