"""Reports out of a mailbox (IMAP, RFC 9051 and 3501), for hosts that nobody can reach by SMTP.

What is recorded is marked as seen, or moved to a folder, only after the commit: a connection lost in between brings
the report again, and it counts once. What came to no return path of ours is left as it is, for people, and counted.
"""

import imaplib
import logging
import re
import signal
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from bounce_listener.addressee import return_path_of
from bounce_listener.mailbox_address import MailboxAddress
from bounce_listener.once import MOST_OCTETS, is_expired, take
from bounce_listener.recording import may_be_one_of_them
from messaging import heartbeats
from messaging.config import Settings, SettingsError
from messaging.db import db, utcnow
from messaging.return_path import ReturnPaths

POLL_SECONDS = 60.0
LONGEST_WAIT = 300.0  # between tries at a mailbox that is away
TIMEOUT_SECONDS = 60.0
_UID_VALIDITY = re.compile(rb"\d+")

log = logging.getLogger(__name__)

Lost = (OSError, imaplib.IMAP4.error)  # imaplib's abort and readonly are errors of its own


@dataclass
class Counts:
    """Of one round, or of many."""

    recorded: int = 0
    expired: int = 0
    left: int = 0  # not ours to read


@dataclass
class Mailbox:
    """Remembers what it has left alone, so that it is looked at once only."""

    app: Flask
    address: MailboxAddress
    counts: Counts = field(default_factory=Counts)
    _left: set[tuple[bytes, bytes]] = field(default_factory=set)

    def poll(self) -> None:
        """One round. Raises what Lost names when the mailbox is away, SQLAlchemyError when the database is."""
        with _signed_in(self.address) as imap:
            validity = _select(imap, self.address.folder)
            for uid in _unseen(imap):
                if (validity, uid) in self._left:
                    continue
                raw = _fetch(imap, uid)
                if raw is not None and self._take(raw):
                    _put_away(imap, uid, self.address.done)
                elif raw is not None:
                    self._left.add((validity, uid))
                    self.counts.left += 1

    def _take(self, raw: bytes) -> bool:
        """Whether it is done with; False leaves it where it is."""
        settings: Settings = self.app.extensions["postround_settings"]
        paths: ReturnPaths = self.app.extensions["postround_return_paths"]
        signed = return_path_of(raw, paths)
        if signed is None:
            return False
        if is_expired(signed, settings):
            log.info("a report to an expired return path message=%d via=mailbox", signed.message_id)
            self.counts.expired += 1
            return True
        try:
            take(self.app, raw, signed, "mailbox")
        except SQLAlchemyError as error:
            if not may_be_one_of_them(error):
                raise
            log.error("a report that the database refuses stays in the mailbox message=%d", signed.message_id)
            return False
        self.counts.recorded += 1
        return True


def run(app: Flask, url: str = "", *, once: bool = False, stop: threading.Event | None = None) -> int:
    """Polls until stopped; with `once`, one round, and 75 when that could not be done. Raises SettingsError."""
    settings: Settings = app.extensions["postround_settings"]
    url = url or settings.mailbox_url
    if not url:
        raise SettingsError(["MAILBOX_URL is not set: set it to imaps://user:password@host/INBOX."])
    mailbox = Mailbox(app, MailboxAddress.parse(url))
    stop = stop or _stop_on_signals()
    wait = POLL_SECONDS
    while not stop.is_set():
        before = Counts(**vars(mailbox.counts))
        went_well = _round(mailbox)
        _report(before, mailbox.counts)
        if once:
            return 0 if went_well else 75
        wait = POLL_SECONDS if went_well else min(wait * 2, LONGEST_WAIT)
        stop.wait(wait)
    return 0


def _round(mailbox: Mailbox) -> bool:
    try:
        mailbox.poll()
        with mailbox.app.app_context():
            heartbeats.beat(heartbeats.BOUNCES, utcnow())
            db.session.remove()
    except Lost as error:
        log.warning("the mailbox is away, or refused us error=%s", type(error).__name__)
        return False
    except SQLAlchemyError as error:
        log.error("the database is away, the mailbox waits error=%s", type(error).__name__)
        return False
    return True


def _report(before: Counts, after: Counts) -> None:
    if before != after:
        log.info(
            "mailbox recorded=%d expired=%d left=%d",
            after.recorded - before.recorded,
            after.expired - before.expired,
            after.left - before.left,
        )


@contextmanager
def _signed_in(address: MailboxAddress) -> Iterator[imaplib.IMAP4]:
    tls = ssl.create_default_context()
    imap = (
        imaplib.IMAP4_SSL(address.host, address.port, ssl_context=tls, timeout=TIMEOUT_SECONDS)
        if address.implicit_tls
        else imaplib.IMAP4(address.host, address.port, timeout=TIMEOUT_SECONDS)
    )
    try:
        if address.starttls:
            imap.starttls(tls)
        imap.login(address.username, address.password)
        yield imap
    finally:
        try:
            imap.logout()
        except Lost:
            with suppress(OSError):
                imap.shutdown()


def _select(imap: imaplib.IMAP4, folder: str) -> bytes:
    """Answers UIDVALIDITY, without which a message's number means nothing."""
    _ok(imap.select(_quoted(folder)))
    found = _UID_VALIDITY.search(imap.response("UIDVALIDITY")[1][0] or b"")
    return found.group() if found else b""


def _unseen(imap: imaplib.IMAP4) -> list[bytes]:
    data = _ok(imap.uid("SEARCH", "UNSEEN", "UNDELETED"))
    return [uid for line in data if isinstance(line, bytes) for uid in line.split()]


def _fetch(imap: imaplib.IMAP4, uid: bytes) -> bytes | None:
    """The first two megabytes, without marking it as seen; None when it has gone meanwhile."""
    data = _ok(imap.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{MOST_OCTETS}>)"))
    return next((bytes(part[1]) for part in data if isinstance(part, tuple)), None)


def _put_away(imap: imaplib.IMAP4, uid: bytes, folder: str) -> None:
    number = uid.decode()
    if not folder:
        _ok(imap.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)"))
    elif "MOVE" in imap.capabilities:
        _ok(imap.uid("MOVE", number, _quoted(folder)))
    else:
        _ok(imap.uid("COPY", number, _quoted(folder)))
        _ok(imap.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen \Deleted)"))
        _ok(imap.expunge())


def _ok(answer: tuple[str, Any]) -> list[Any]:
    """The data of an answer; raises for NO and BAD."""
    if answer[0] != "OK":
        raise imaplib.IMAP4.error("the mailbox refused a command")
    return list(answer[1])


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
