"""One listener for all tests of a module that are content with it, on each database."""

from collections.abc import Iterator

import pytest

from messaging.app import create_base_app
from messaging.config import Settings
from messaging.db import db, transaction
from messaging.models import Batch, DeliveryReceipt, Message, Organisation, Recipient, Suppression
from tests.listener_kit import KEY, Listener, World, listener
from tests.servers import database


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def shared_listener(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    folder = tmp_path_factory.mktemp("listener")
    url = f"sqlite:///{folder / 'postround.db'}"
    if request.param == "sqlite":
        yield from _listener(folder, url)
        return
    with database(request.getfixturevalue("postgres_server")) as url:
        yield from _listener(folder, url.replace("postgresql://", "postgresql+psycopg://", 1))


def _listener(folder: object, url: str) -> Iterator[Listener]:
    settings = Settings(
        secret_key=KEY,
        return_path_keys=(KEY,),
        data_dir=folder,  # type: ignore[arg-type]
        database_url=url,
        redis_url="redis://127.0.0.1:1/0",
        return_path_domain="returns.riverside.example.org",
    )
    app = create_base_app(settings)
    with app.app_context():
        db.create_all()
        db.session.remove()
        with listener(settings) as running:
            yield running
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def world(shared_listener: Listener) -> Iterator[World]:
    for model in (Suppression, DeliveryReceipt, Message, Recipient, Batch, Organisation):
        with transaction():
            db.session.query(model).delete()
    with transaction():
        riverside = Organisation(name="Riverside Surgery", ods_code="Y12345", from_address="riverside@example.org")
        db.session.add(riverside)
    yield World(shared_listener, riverside)
    db.session.remove()
