"""The cast, and an application with a database of its own for each test.

alice manages Riverside, bob sends there, nina may only look; charlie manages Hilltop and must never see Riverside's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from servers import database, postgres

from messaging.app import create_base_app
from messaging.config import Settings
from messaging.db import db, transaction
from messaging.models import Organisation, Role, User

KEY = "a key for tests, long enough"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """SQLite, unless a test asks for both with `databases.BOTH`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path / 'postround.db'}"
        return
    with database(request.getfixturevalue("postgres_server")) as url:
        yield url.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(
        secret_key=KEY,
        return_path_keys=(KEY,),
        data_dir=tmp_path,
        database_url=database_url,
        redis_url="redis://127.0.0.1:1/0",  # nobody there; a test that needs the queue starts one
        return_path_domain="returns.riverside.example.org",
    )


@pytest.fixture
def base_app(settings: Settings) -> Iterator[Flask]:
    """What every process shares, on an empty database, with its context pushed."""
    app = create_base_app(settings)
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


@dataclass(frozen=True)
class Cast:
    riverside: Organisation
    hilltop: Organisation
    alice: User
    bob: User
    nina: User
    charlie: User


@pytest.fixture
def cast(base_app: Flask) -> Cast:
    return make_cast()


def make_cast(password: str = "not a real hash") -> Cast:
    """`password` is stored as it is: give a hash for a test that signs in."""
    with transaction():
        riverside = Organisation(name="Riverside Surgery", ods_code="Y12345", from_address="riverside@example.org")
        hilltop = Organisation(name="Hilltop Practice", ods_code="Y54321", from_address="hilltop@example.org")
        db.session.add_all([riverside, hilltop])
        db.session.flush()

        def person(name: str, organisation: Organisation, role: Role) -> User:
            user = User(
                name=name.title(),
                email=f"{name}@example.org",
                organisation_id=organisation.id,
                role=role,
                password=password,
                fs_uniquifier=name,
            )
            db.session.add(user)
            return user

        cast = Cast(
            riverside,
            hilltop,
            alice=person("alice", riverside, Role.MANAGER),
            bob=person("bob", riverside, Role.SENDER),
            nina=person("nina", riverside, Role.VIEWER),
            charlie=person("charlie", hilltop, Role.MANAGER),
        )
    return cast
