"""What a report says: the words that every reader answers in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from messaging.reasons import Reason


class Kind(StrEnum):
    """What kind of mail came back. Only FAILED can fail a patient."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    AUTOREPLY = "autoreply"
    CHALLENGE = "challenge"
    COMPLAINT = "complaint"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ReportedRecipient:
    """One recipient as the report tells it. `address` is where it failed, `original` what was written to, if told."""

    address: str
    original: str
    action: str  # failed, delayed, delivered, relayed, expanded
    status: str  # enhanced status, "5.1.1", or ""
    permanent: bool
    diagnostic: str  # the mail server's own words: untrusted, at most 2,000 characters
    code: int | None  # SMTP reply code
    reason: Reason
    hard: bool  # the address itself is bad


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. `understood` is false when it may be a report and no reader could say whose."""

    kind: Kind
    recipients: tuple[ReportedRecipient, ...]
    reporting_mta: str
    reader: str  # which reader answered
    understood: bool
    text: str  # without the returned message, decoded for people, at most 64 KiB


@dataclass(frozen=True, slots=True)
class Finding:
    """What a reader found about one address, before it is judged."""

    address: str
    original: str = ""
    action: str = ""  # as written; empty when the reader only knows that the address is named
    status: str = ""
    diagnostic: str = ""
    mta: str = ""
