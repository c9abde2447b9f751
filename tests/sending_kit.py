"""A batch that is ready to go, a smart host of our own, and a Redis: what tests of sending stand on."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from messaging import delivery
from messaging.app import create_base_app
from messaging.config import Settings
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus, Message, MessageStatus, Organisation, Recipient
from messaging.sender import sender
from messaging.transitions import advance
from tests.mail_host import MailHost, mail_host
from tests.servers import valkey

WORDS = "Dear ((first name)),\n\nyour flu jab is due.\n\nRiverside Surgery"


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    with valkey() as url:
        yield url


@pytest.fixture
def host() -> Iterator[MailHost]:
    with mail_host() as host:
        yield host


@pytest.fixture
def sending(settings: Settings, host: MailHost, redis_server: str) -> Iterator[Flask]:
    """The application with that smart host and Redis; its own open connections are closed at the end."""
    app = create_base_app(
        replace(
            settings,
            smart_host=host.as_smart_host(),
            redis_url=redis_server,
            smtp_connections=4,
            smtp_timeout_seconds=5,  # a busy machine is no silent server
        )
    )
    with app.app_context():
        app.extensions["postround_redis"].flushall()
        db.create_all()
        yield app
        sender().end()
        app.extensions["postround_redis"].close()
        db.session.remove()
        db.engine.dispose()


def make_batch(
    organisation: Organisation, count: int = 3, *, addresses: list[str] | None = None, body: str = WORDS
) -> Batch:
    """Approved, and due: to ann1@patients.example and so on."""
    addresses = addresses or [f"ann{number}@patients.example" for number in range(1, count + 1)]
    with transaction():
        batch = Batch(organisation_id=organisation.id, name="Flu", subject="Your flu jab", body=body)
        db.session.add(batch)
        db.session.flush()
        db.session.add_all(
            Recipient(
                batch_id=batch.id,
                row_number=row,
                nhs_number="9434765919",
                email=address,
                first_name=f"Ann{row}",
                fields={"First Name": f"Ann{row}", "Email": address},
            )
            for row, address in enumerate(addresses, 2)
        )
        advance(Batch, BatchStatus.SCHEDULED, Batch.id == batch.id, scheduled_for=utcnow())
    return batch


def started(organisation: Organisation, count: int = 3, **options: object) -> Batch:
    """A batch whose messages are made."""
    batch = make_batch(organisation, count, **options)  # type: ignore[arg-type]
    delivery.start(batch.id)
    return fresh(batch)


def fresh(batch: Batch) -> Batch:
    db.session.rollback()  # SQLite would go on showing what it was
    db.session.refresh(batch)
    return batch


def counts(batch: Batch) -> dict[str, int]:
    rows = db.session.execute(
        select(Message.status, func.count()).where(Message.batch_id == batch.id).group_by(Message.status)
    )
    return {status.value: count for status, count in rows}


def messages(batch: Batch) -> list[Message]:
    return list(
        db.session.scalars(
            select(Message)
            .where(Message.batch_id == batch.id)
            .order_by(Message.id)
            .execution_options(populate_existing=True)
        )
    )


def make_due(batch: Batch) -> None:
    """As if the waits were over."""
    with transaction():
        db.session.execute(
            Message.__table__.update()
            .where(Message.batch_id == batch.id, Message.status == MessageStatus.QUEUED)
            .values(send_after=utcnow())
        )
