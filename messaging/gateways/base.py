"""What a gateway is given, and what it answers. Whatever the provider, delivery asks nothing else."""

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_ANSWER = 2_000  # characters kept of a server's words
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]+")  # a database refuses NUL
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")


class Stage(StrEnum):
    """How far it had come when the other side answered, or fell silent."""

    CONNECT = "connect"
    HELLO = "hello"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"  # after the final dot


class End(StrEnum):
    ACCEPTED = "accepted"  # their side has it
    REFUSED = "refused"  # they answered no, for now or for good
    RETURNED = "returned"  # the connection ended before the whole message was with them: they do not have it
    UNTOUCHED = "untouched"  # the connection ended before it was that message's turn: nothing was said about it
    UNCERTAIN = "uncertain"  # the whole message was sent and no answer came: they may have it


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` is None when there was no answer but an event of our own network, which `text` then describes."""

    stage: Stage
    code: int | None
    text: str

    @property
    def status(self) -> str:
        """The enhanced status (RFC 2034), or ""."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else ""

    @property
    def words(self) -> str:
        """As the server said it; hostile text."""
        words = self.text if self.code is None else f"{self.code} {self.text}"
        return _CONTROLS.sub(" ", words)[:LONGEST_ANSWER].strip()


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message in one envelope to one patient: there is no way to name a second recipient."""

    message_id: int
    sender: str  # the signed return path
    recipient: str
    content: bytes  # the whole message, lines ended by CRLF


@dataclass(frozen=True, slots=True)
class Outcome:
    parcel: Parcel
    end: End
    answer: Answer
