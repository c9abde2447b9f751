"""One report at a time, for the ways in that are no listener: same reading, same recording, same promise."""

from datetime import UTC, datetime

from flask import Flask

from bounce_listener.apart import read_apart
from bounce_listener.evidence import Returned, digest_of
from bounce_listener.recording import record
from messaging.config import Settings
from messaging.db import db
from messaging.receipts import Recorded
from messaging.return_path import Signed

MOST_OCTETS = 2 << 20  # what comes after is the returned message anyway


def is_expired(signed: Signed, settings: Settings) -> bool:
    return (datetime.now(UTC).date() - signed.issued).days > settings.return_path_days


def take(app: Flask, raw: bytes, signed: Signed, via: str) -> Recorded:
    """Committed when this returns. Raises SQLAlchemyError, and OSError when no process can be had to read it in."""
    report = read_apart(raw[:MOST_OCTETS])
    with app.app_context():
        try:
            (outcome,) = record([Returned(signed, report, digest_of(raw[:MOST_OCTETS]), via)])
        finally:
            db.session.remove()
    return outcome
