"""A letter that came back, laid open: its headers and its own parts, never the message returned inside it.

Structure is the standard library's (`email`, compat32, on bytes). Hostile input is cut before it is parsed:
size, lines, declared multiparts, parts and charsets all have caps, so that time and memory are bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header
from functools import cached_property

from bounce_listener.readers import markup
from bounce_listener.readers.parts import Part, parse, walk

MAX_BYTES = 1 << 20  # of a message are read; what a report says stands before the returned message
MAX_LINES = 50_000
MAX_MULTIPARTS = 24  # declared boundaries: the text is cut before the next one
MAX_PART_TEXT = 256 << 10

_BOUNDARY = re.compile(rb"boundary\s?=", re.IGNORECASE)
_CHARSET = re.compile(
    r"(?:us-?)?ascii$|utf-?(?:7|8|16|32)|iso-?(?:8859|2022)|latin|windows-|cp\d|koi8|shift|s-?jis|"
    r"euc|gb|big5|hz|tis|mac|ks_c|johab"
)
# A multipart that is a leaf has lost its boundary: all of it is text.
_READ_AS_TEXT = ("text/plain", "multipart/report", "multipart/mixed", "multipart/alternative", "multipart/related")
_MACHINE_PART = re.compile(r"\s{0,9}(?:Reporting-MTA|Final-Recipient|Original-Recipient) ?:", re.I)  # as mere octets
_ENVELOPE_LINE = re.compile(rb"From [^\n]*\n")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part of the letter itself, decoded."""

    content_type: str  # message/x reads leaf/x
    filename: str
    text: str


class Letter:
    """A normalised, parsed letter. Never raises for what it is given."""

    def __init__(self, raw: bytes) -> None:
        self._root = parse(normalise(raw))

    def header(self, name: str) -> str:
        """The first header of that name, decoded to one line; empty when there is none."""
        return _decoded(self._root.get(name, ""))

    def has(self, name: str) -> bool:
        """True when the letter has such a header, even an empty one."""
        return self._root.get(name) is not None

    @cached_property
    def content_type(self) -> str:
        """Of the letter as a whole: "multipart/report"; message/x reads leaf/x."""
        return self._root.get_content_type()

    @cached_property
    def report_type(self) -> str:
        """The report-type parameter, lower case (RFC 6522)."""
        found = re.search(r"report-type\s{0,9}=\s{0,9}\"?([\w-]{1,60})", str(self._root.get("content-type", "")), re.I)
        return found.group(1).lower() if found else ""

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The letter's own parts in order, each decoded."""
        return tuple(_leaf(part) for part in walk(self._root))

    @cached_property
    def text(self) -> str:
        """What a person would read: plain text parts, or HTML as text when there is no plain text."""
        plain = [leaf.text for leaf in self.leaves if leaf.content_type in _READ_AS_TEXT and leaf.text.strip()]
        text = "\n".join(plain)
        if "@" not in text:  # a stub, or nothing: the words are in the HTML
            marked = [markup.to_text(leaf.text) for leaf in self.leaves if leaf.content_type == "text/html"]
            text = "\n".join([text, *marked]) if marked else text
        return text


def normalise(raw: bytes) -> bytes:
    """Cut to the caps; LF line ends; no NUL, byte order mark, leading blank lines or mbox envelope line."""
    raw = raw[:MAX_BYTES]
    if b"\0" in raw:
        raw = raw.replace(b"\0", b"")
    if b"\r" in raw:
        raw = raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\n")
    if (line := _ENVELOPE_LINE.match(raw)) is not None:
        raw = raw[line.end() :].lstrip(b"\n")
    if raw.count(b"\n") > MAX_LINES:
        raw = b"\n".join(raw.split(b"\n", MAX_LINES)[:MAX_LINES])
    for count, found in enumerate(_BOUNDARY.finditer(raw)):
        if count == MAX_MULTIPARTS:
            return raw[: found.start()]
    return raw


def _leaf(part: Part) -> Leaf:
    kind = part.get_content_type()
    readable = kind.startswith(("text/", "leaf/", "multipart/")) or kind == "application/json"
    text = _text(part) if readable or kind == "application/octet-stream" else ""
    return Leaf(kind, _filename(part), text if readable or _MACHINE_PART.match(text) else "")


def _filename(part: Part) -> str:
    found = re.search(r"name\s{0,9}=\s{0,9}\"?([^\";\n]{1,200})", str(part.get("content-disposition", "")), re.I)
    return found.group(1).strip() if found else ""


def _text(part: Part) -> str:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError):
        payload = None
    return decode(payload[:MAX_PART_TEXT], _charset(part)) if isinstance(payload, bytes) else ""


def _charset(part: Part) -> str:
    found = re.search(r"charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", str(part.get("content-type", "")), re.I)
    return found.group(1).lower() if found else ""


def decode(octets: bytes, charset: str) -> str:
    """As text, whatever was declared: only known charsets are tried (some codecs of Python are no charsets)."""
    if charset in ("", "us-ascii", "ascii") and b"\x1b$" in octets:
        charset = "iso-2022-jp"  # said by nobody, but the escape sequence is plain
    for name in (charset, "utf-8"):
        if name and _CHARSET.match(name):
            try:
                return octets.decode(name)
            except (UnicodeError, LookupError):
                continue
    if charset and _CHARSET.match(charset):
        try:
            return octets.decode(charset, "replace")
        except (UnicodeError, LookupError):
            pass
    return octets.decode("cp1252", "replace")


def _decoded(value: str) -> str:
    value = " ".join(value.split())
    if "=?" in value:
        try:
            pieces = decode_header(value)
        except (MessageError, ValueError, LookupError, TypeError):
            return value
        return "".join(
            text if isinstance(text, str) else decode(text, (charset or "").lower()) for text, charset in pieces
        )
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
