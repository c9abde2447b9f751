"""A whole installation for a benchmark: database, queue, sink and our real processes, and batches put straight in."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, select

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from journeys.stack import MANAGER, PASSWORD, Stack  # noqa: E402
from servers import LOOPBACK, database, free_port, postgres, valkey, wait_port  # noqa: E402

from benchmarks._browser import Browser  # noqa: E402
from messaging.config import Settings  # noqa: E402
from messaging.db import db, in_chunks, transaction, utcnow  # noqa: E402
from messaging.models import Batch, BatchStatus, Message, MessageStatus, Recipient, RecipientStatus, User  # noqa: E402
from webapp import create_app  # noqa: E402

KINDS = ("sqlite", "postgres")
AT_ONCE = 10_000  # rows in one insert
GONE, FAILED = 0.70, 0.02  # parts of a batch that is half way
WORDS = "Dear ((Forename)),\n\nYour flu vaccination is due. Please call us to book.\n\n" + "It takes minutes. " * 80


@dataclass
class World:
    """`app` is in hand, on the same database as the processes; `stack` starts and ends those."""

    kind: str
    stack: Stack
    app: Flask
    managers: list[Browser] = field(default_factory=list)

    @property
    def web(self) -> int:
        return int(self.stack.running["web-1"].pid)

    def sign_in(self, people: int) -> None:
        """So many managers of the practice, each with a session of their own."""
        first = db.session.scalars(select(User).where(User.email == MANAGER)).one()
        emails = [MANAGER, *(f"manager{number}@surgery.example" for number in range(1, people))]
        same = {"organisation_id": first.organisation_id, "password": first.password, "role": first.role}
        rows = [{**same, "email": email, "fs_uniquifier": email, "active": True} for email in emails[1:]]
        if rows:
            with transaction():
                db.session.execute(insert(User), rows)
        self.managers = [Browser(self.stack.base_url).sign_in(email, PASSWORD) for email in emails]

    def make_batch(self, patients: int, status: BatchStatus) -> int:
        """A draft that can be approved, one that is due, or one that is half way through; answers its id."""
        now = utcnow()
        with transaction():
            practice = db.session.scalars(select(User).where(User.email == MANAGER)).one().organisation_id
            batch = Batch(
                organisation_id=practice,
                status=status,
                name=f"{patients:,} patients",
                subject="Your flu vaccination",
                body=WORDS,
                list_filename="patients.csv",
                list_headings=["Forename", "Surname", "NHS number", "Email"],
                list_rows=patients,
                list_taken_at=now,
            )
            if status is not BatchStatus.DRAFT:
                batch.approved_at = batch.scheduled_for = now
            if status is BatchStatus.SENDING:
                batch.started_at, batch.messages_made_at = now - timedelta(hours=1), now
            db.session.add(batch)
            db.session.flush()
            half_way = batch.started_at if status is BatchStatus.SENDING else None
            for rows in in_chunks(range(patients), AT_ONCE):
                _insert(batch.id, rows, patients, half_way)
        self._settle()
        return batch.id

    def _settle(self) -> None:
        """What autovacuum does within a minute or so."""
        if self.kind == "postgres":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE recipients, messages")


def _insert(batch_id: int, rows: Any, patients: int, half_way: datetime | None) -> None:
    statuses = [_status(row, patients) if half_way else RecipientStatus.PENDING for row in rows]
    people = [
        {
            "batch_id": batch_id,
            "row_number": row + 2,
            "nhs_number": "9434765919",
            "email": f"patient{row}@mail{row % 7}.example",
            "first_name": f"Zoë{row}",
            "surname": "Okafor",
            "fields": {"Forename": f"Zoë{row}", "Surname": "Okafor", "NHS number": "9434765919"},
            "status": status,
        }
        for row, status in zip(rows, statuses, strict=True)
    ]
    if half_way is None:
        db.session.execute(insert(Recipient), people)
        return
    ids = db.session.scalars(insert(Recipient).returning(Recipient.id, sort_by_parameter_order=True), people).all()
    messages = []
    for id_, row, person in zip(ids, rows, people, strict=True):
        at = half_way + timedelta(hours=1) * (row / patients)
        messages.append(
            {
                "batch_id": batch_id,
                "recipient_id": id_,
                "to_address": person["email"],
                "status": MESSAGES[person["status"]],
                "sent_at": at if person["status"] is not RecipientStatus.PENDING else None,
                "failed_at": at if person["status"] is RecipientStatus.FAILED else None,
            }
        )
    db.session.execute(insert(Message), messages)


MESSAGES = {
    RecipientStatus.PENDING: MessageStatus.QUEUED,
    RecipientStatus.SENT: MessageStatus.SENT,
    RecipientStatus.FAILED: MessageStatus.FAILED,
}


def _status(row: int, patients: int) -> RecipientStatus:
    if row >= patients * GONE:
        return RecipientStatus.PENDING
    return RecipientStatus.FAILED if row % 100 < FAILED * 100 else RecipientStatus.SENT


@contextlib.contextmanager
def world(kind: str) -> Iterator[World]:
    """The web process runs; the worker waits to be started."""
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="postround-bench-")))
        url = f"sqlite:///{folder / 'postround.db'}"
        if kind == "postgres":
            url = held.enter_context(database(held.enter_context(postgres())))
        stack = Stack(folder, url, held.enter_context(valkey()))
        stack.prepare()
        stack.settings |= {
            "SMTP_URL": f"smtp://{LOOPBACK}:{held.enter_context(sink())}?starttls=off",
            "RETURN_PATH_DOMAIN": "returns.postround.example",
        }
        held.callback(stack.stop_all)
        stack.start("web")
        wait_port(stack.web_port, 60)
        app = create_app(Settings.from_environment(stack.environ))
        held.enter_context(app.app_context())
        held.callback(db.engine.dispose)
        held.callback(db.session.remove)
        yield World(kind, stack, app)


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """Its port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks._sink", str(port)], cwd=ROOT)
    try:
        wait_port(port, 30)
        yield port
    finally:
        process.terminate()
        process.wait()


__all__ = ["KINDS", "World", "world"]
