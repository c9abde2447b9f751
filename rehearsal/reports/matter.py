"""What a report is about, and the parts that all styles share (RFC 3462, 3464, 6533)."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

# What became of the message, as the sentence that every style has; the rest of the words are theirs.
OUTCOMES = {
    "failed": "could not be delivered",
    "delayed": "has not been delivered yet; delivery will be tried again",
    "delivered": "has been delivered",
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Matter:
    """One message, one of its recipients, and what became of it.

    `return_path` is where the report goes, `action` failed, delayed or delivered, `diagnostic` the words of
    the server that decided. `original_recipient` is `type;address` or "", as ORCPT gave it.
    """

    number: int
    return_path: str
    recipient: str
    action: str
    status: str
    diagnostic: str
    raw: bytes
    arrived: datetime
    now: datetime
    envelope_id: str = ""
    original_recipient: str = ""
    headers_only: bool = False

    @property
    def domain(self) -> str:
        return self.recipient.rpartition("@")[2]

    @property
    def date(self) -> str:
        return format_datetime(self.now)

    def header(self, name: str) -> str:
        """A header field of the message itself, unfolded, control characters removed; "" when missing."""
        head = self.raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
        found = re.search(rf"^{re.escape(name)}:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", head, re.IGNORECASE | re.MULTILINE)
        return _CONTROL.sub("", found[1].replace("\r\n", "")).strip() if found else ""


def headers(matter: Matter, fields: Sequence[tuple[str, str]]) -> bytes:
    """The report's own header: the given fields, then the empty line."""
    lines = [f"{name}: {value}" for name, value in fields if value]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def text_part(text: str, subtype: str = "plain") -> bytes:
    """A text part with lines ended as SMTP wants them."""
    if text.isascii():
        start = f"Content-Type: text/{subtype}; charset=us-ascii\r\n\r\n"
    else:
        start = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return (start + wire(text)).encode()


def wire(text: str) -> str:
    """Line ends of a text written in this source, as they go over the wire."""
    return text.strip("\n").replace("\n", "\r\n") + "\r\n"


def status_part(matter: Matter, per_message: Sequence[str], per_recipient: Sequence[str]) -> bytes:
    """The machine's part: message/delivery-status, or its international form for a non-ASCII address."""
    kind = "delivery-status" if matter.recipient.isascii() else "global-delivery-status"
    first = list(per_message)
    if matter.envelope_id:
        first.append(f"Original-Envelope-Id: {matter.envelope_id}")
    second = list(per_recipient)
    if matter.original_recipient:
        second.insert(0, f"Original-Recipient: {matter.original_recipient}")
    body = "\r\n".join(first) + "\r\n\r\n" + "\r\n".join(second) + "\r\n"
    encoding = "" if body.isascii() else "Content-Transfer-Encoding: 8bit\r\n"
    return f"Content-Type: message/{kind}\r\n{encoding}\r\n{body}".encode()


def final_recipient(matter: Matter) -> str:
    """The Final-Recipient field with its address type."""
    kind = "rfc822" if matter.recipient.isascii() else "utf-8"
    return f"Final-Recipient: {kind}; {matter.recipient}"


def returned_part(matter: Matter) -> bytes:
    """What the report gives back: the header alone when the sender asked RET=HDRS or nothing has failed."""
    head, empty_line, _ = matter.raw.partition(b"\r\n\r\n")
    if matter.headers_only or matter.action != "failed":
        kind = "text/rfc822-headers" if head.isascii() else "message/global-headers"
        return f"Content-Type: {kind}\r\n\r\n".encode() + head + b"\r\n"
    return b"Content-Type: message/rfc822\r\n\r\n" + (matter.raw if empty_line else head)


def multipart(parts: Sequence[bytes], preamble: str = "", stem: str = "") -> tuple[str, bytes]:
    """The boundary (it occurs in no part) and the body made of the parts."""
    boundary = f"{stem}{uuid.uuid4().hex}"
    start = f"--{boundary}\r\n".encode()
    body = (preamble + "\r\n\r\n" if preamble else "").encode()
    for part in parts:
        body += start + part.removesuffix(b"\r\n") + b"\r\n\r\n"
    return boundary, body + f"--{boundary}--\r\n".encode()
