"""The real listener as a process of its own, and the reports that are sent to it over real sockets."""

import contextlib
import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from messaging.config import Settings
from messaging.db import db
from messaging.models import DeliveryReceipt, Message, Organisation
from messaging.return_path import ReturnPaths
from tests.servers import LOOPBACK, free_port, wait_port, wait_until

ROOT = Path(__file__).parents[1]
KEY = "a-key-for-listener-tests"


def environ(settings: Settings, port: int, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "SECRET_KEY": KEY,
        "RETURN_PATH_KEYS": KEY,
        "RETURN_PATH_DOMAIN": settings.return_path_domain,
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url.replace("postgresql+psycopg", "postgresql"),
        "REDIS_URL": settings.redis_url,
        "BOUNCE_LISTENER_PORT": str(port),
        **more,
    }


@dataclass
class Listener:
    """`log` is what it has written so far."""

    settings: Settings
    arguments: tuple[str, ...] = ()
    more: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def local_socket(self) -> str:
        return self.arguments[-1] if self.arguments and self.arguments[-1].startswith("/") else ""

    @property
    def log_file(self) -> Path:
        return self.settings.data_dir / f"listener-{self.port}.log"

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    @property
    def paths(self) -> ReturnPaths:
        return ReturnPaths(self.settings.return_path_domain, (KEY,))

    def start(self) -> None:
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bounce_listener", *self.arguments],
                cwd=ROOT,
                env=environ(self.settings, self.port, **self.more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        if self.local_socket:
            wait_until(Path(self.local_socket).exists, 60, "its socket")
        else:
            wait_port(self.port, 60)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 60) -> int:
        """SIGTERM; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def return_path(self, message: Message, days_ago: int = 0) -> str:
        """`days_ago` is for one that is older than its message."""
        return self.paths.address_for(message.id, message.created_at.date() - timedelta(days=days_ago))

    def smtp(self) -> smtplib.SMTP:
        return smtplib.SMTP(LOOPBACK, self.port, local_hostname="mx.example.net", timeout=60)

    def send(self, report: bytes, *return_paths: str, sender: str = "") -> None:
        with self.smtp() as smtp:
            smtp.sendmail(sender, list(return_paths), report)

    def raw(self) -> "RawConversation":
        return RawConversation(self.port)


@contextlib.contextmanager
def listener(settings: Settings, *arguments: str, **more: str) -> Iterator[Listener]:
    running = Listener(settings, arguments, more)
    try:
        running.start()
        yield running
    finally:
        if running.process is not None and running.process.poll() is None:
            running.kill()


@dataclass
class World:
    """A listener that tests of a module share; each test finds it without messages and receipts."""

    listener: Listener
    riverside: Organisation


class RawConversation:
    """SMTP octet by octet, for what no decent client would send."""

    def __init__(self, port: int, timeout: float = 60, source: str = LOOPBACK) -> None:
        self.socket = socket.create_connection((LOOPBACK, port), timeout=timeout, source_address=(source, 0))
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> "RawConversation":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()

    def reply(self) -> str:
        """A whole reply; empty when the connection was closed."""
        lines = []
        while line := self.file.readline():
            lines.append(line.decode())
            if line[3:4] != b"-":
                break
        return "".join(lines)

    def say(self, line: bytes | str) -> str:
        self.socket.sendall((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return self.reply()

    def begin(self, *return_paths: str) -> None:
        """Up to the 354."""
        assert self.reply().startswith("220")
        assert self.say("EHLO mx.example.net").startswith("250")
        assert self.say("MAIL FROM:<>").startswith("250")
        for path in return_paths:
            assert self.say(f"RCPT TO:<{path}>").startswith("250")
        assert self.say("DATA").startswith("354")


def report(
    to: str, *, action: str = "failed", status: str = "5.1.1", words: str = "550 5.1.1 No such user", mark: str = "one"
) -> bytes:
    """An RFC 3464 report; `mark` tells one from another."""
    return f"""\
Received: from mx.example.net by relay.example.net; Mon, 23 Nov 2026 10:00:00 +0000
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: <return-path@example.org>
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b-{mark}"

--b-{mark}
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.net. A message could not be delivered.

<{to}>: {words}

--b-{mark}
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Mon, 23 Nov 2026 09:59:58 +0000

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.org
Diagnostic-Code: smtp; {words}

--b-{mark}
Content-Type: text/rfc822-headers

From: Riverside Surgery <riverside@example.org>
To: {to}
Subject: An invitation
Message-ID: <1@riverside.example.org>

--b-{mark}--
""".replace("\n", "\r\n").encode()


AUTOREPLY = b"""\
From: Ann Example <ann@example.org>
Subject: Automatic reply: An invitation
Auto-Submitted: auto-replied
Content-Type: text/plain

I am out of the office until Monday.
""".replace(b"\n", b"\r\n")


def receipts() -> list[DeliveryReceipt]:
    """All of them, as the database has them now."""
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.query(DeliveryReceipt).order_by(DeliveryReceipt.id))


def message_now(message: Message) -> Message:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Message, message.id)


__all__ = ["AUTOREPLY", "Listener", "World", "environ", "listener", "message_now", "receipts", "report", "wait_until"]
