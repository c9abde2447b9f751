"""An application with a database of its own for each test, and the cast."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from flask import Flask

from messaging.app import create_base_app
from messaging.config import Settings
from messaging.db import db
from tests.cast import KEY, Cast, make_cast
from tests.servers import database, postgres

# The same examples in every run, however long each takes: a red run then has its cause in what was changed.
hypothesis.settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")


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


@pytest.fixture
def cast(base_app: Flask) -> Cast:
    return make_cast()
