"""The email itself: a batch's words compiled once, then filled and written in bytes for one patient at a time.

`multipart/alternative`, plain text and simple HTML of the same words, UTF-8, lines of at most 76 characters (RFC 5322,
2045). Headers are written by hand, because the standard library's EmailMessage takes twenty times as long; whatever is
put into one has its line breaks taken out first, so that no value can add a header. Nothing in it tracks anybody.
"""

import base64
import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Protocol

from messaging.email_parts import Parts
from messaging.html_part import html_part
from messaging.models import Organisation
from messaging.personalisation import Template, normalise
from messaging.return_path import return_paths

TEST_MARK = "[Test] "
KNOWN_FIELDS = {  # by the names that words use
    "first name": "first_name",
    "surname": "surname",
    "date of birth": "date_of_birth",
    "email address": "email",
    "nhs number": "nhs_number",
    "mobile number": "mobile",
    "emis number": "emis_number",
}
LONGEST_PLAIN_HEADER = 900  # characters: RFC 5322 allows a line 998
ENCODED_WORD_BYTES = 42  # of UTF-8 in one encoded word of at most 75 characters (RFC 2047)
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_LINE_ENDS = re.compile(r"\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Rendered:
    """What one patient will read. `html` is the complete HTML part, everything in it escaped; the rest is text."""

    subject: str
    text: str
    html: str
    sender: str
    reply_to: str


class Patient(Protocol):
    """A Recipient, or a row with the same columns."""

    @property
    def first_name(self) -> str: ...
    @property
    def surname(self) -> str: ...
    @property
    def date_of_birth(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def nhs_number(self) -> str: ...
    @property
    def mobile(self) -> str: ...
    @property
    def emis_number(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, str]: ...


class EmailTemplate:
    """The words of a batch for a practice. `is_test` marks every message as a test.

    Raises personalisation.UnknownField when the words name a field that the values do not have.
    """

    def __init__(self, organisation: Organisation, subject: str, body: str, *, is_test: bool = False) -> None:
        self._subject = Template(TEST_MARK + subject if is_test else subject)
        self._practice = one_line(organisation.name)
        self._parts = Parts("\n".join(_LINE_ENDS.split(body.strip())), self._practice)
        self._sender = one_line(organisation.from_address)
        self._reply_to = one_line(organisation.reply_to)
        self._digest = hashlib.sha256(f"{self._sender}\0{subject}\0{body}".encode())
        self._id_domain = return_paths().domain
        self._head = _head(self._practice, self._sender, self._reply_to, is_test=is_test)

    def render(self, values: Mapping[str, str]) -> Rendered:
        subject = one_line(self._subject.fill(values))
        text = self._parts.fill(values)
        html = html_part(subject, text, self._practice)
        return Rendered(subject, text, html, f"{self._practice} <{self._sender}>".strip(), self._reply_to)

    def as_bytes(self, values: Mapping[str, str], *, to: str, message_id: int, issued: date, unique: str = "") -> bytes:
        """The whole message with CRLF line ends. The same message always gets the same Message-ID.

        `unique` tells apart what is no message of ours: tests, which have no id.
        """
        subject = one_line(self._subject.fill(values))
        plain, html = self._parts.encode(subject, values)
        to = one_line(to)
        digest = self._digest.copy()
        digest.update(f"\0{message_id}\0{issued}\0{to}\0{unique}".encode())
        unique = digest.hexdigest()[:24]
        head = (
            f"{self._head}"
            f"To: <{to}>\r\n"
            f"Subject: {header_text(subject)}\r\n"
            f"Date: {_date(int(time.time()))}\r\n"
            f"Message-ID: <{message_id}.{unique}@{self._id_domain}>\r\n"
            f'Content-Type: multipart/alternative; boundary="=_{unique}"\r\n\r\n'
        )
        boundary = f"--=_{unique}".encode()
        top = head.encode("ascii", "replace") + boundary
        return b"".join((top, b"\r\n", plain, boundary, b"\r\n", html, boundary, b"--\r\n"))


def values_of(recipient: Patient) -> dict[str, str]:
    """What the words can name: every column of the file, and the fields that we know by their own names."""
    values = dict(recipient.fields)
    for name, column in _missing(tuple(values)):
        values[name] = getattr(recipient, column)
    return values


@lru_cache(maxsize=64)
def _missing(headings: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The fields that we know and the file does not name: the same for all patients of a list."""
    there = {normalise(heading) for heading in headings}
    return tuple((name, column) for name, column in KNOWN_FIELDS.items() if normalise(name) not in there)


def one_line(text: str) -> str:
    """Without line breaks and control characters: what may stand in a header or an SMTP command."""
    return " ".join(_BREAKS.sub(" ", text).split()) if _BREAKS.search(text) else text.strip()


def header_text(text: str) -> str:
    """One line of text for a header: as it is, or in encoded words (RFC 2047) of which none cuts a character."""
    if text.isascii() and len(text) <= LONGEST_PLAIN_HEADER and "=?" not in text:
        return text
    words = (base64.b64encode(piece).decode() for piece in _pieces(text))
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in words)


def _pieces(text: str) -> Iterator[bytes]:
    piece = b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(piece) + len(encoded) > ENCODED_WORD_BYTES:
            yield piece
            piece = b""
        piece += encoded
    yield piece


def _head(practice: str, sender: str, reply_to: str, *, is_test: bool) -> str:
    """The headers that all messages of a batch share."""
    lines = [f"From: {_mailbox(practice, sender)}"]
    if reply_to:
        lines.append(f"Reply-To: <{reply_to}>")
    lines += ["MIME-Version: 1.0", "Auto-Submitted: auto-generated"]
    if is_test:
        lines.append("X-Postround-Test: yes")
    return "".join(line + "\r\n" for line in lines)


def _mailbox(name: str, address: str) -> str:
    if not name:
        return f"<{address}>"
    if name.isascii() and "=?" not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{header_text(name)} <{address}>"


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))
