"""The two parts of an email in bytes, where only what is a patient's own is made for each patient.

A batch's words are cut into lines once. A line without a field is encoded once, as text and as HTML; one with fields is
filled and encoded for each patient. The result is byte for byte what encoding the whole would give.
"""

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache

from messaging.html_part import AFTER, before, ends, escaped, html_part
from messaging.personalisation import Template, fields_in

READABLE = 1.3  # bytes of UTF-8 for a character, at most, to be left readable; above it base64 is shorter
_PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n"
_HTML = b"Content-Type: text/html; charset=utf-8\r\n"
_QUOTED = b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
_BASE64 = b"Content-Transfer-Encoding: base64\r\n\r\n"


class Parts:
    """Of a body of words, with lines ended by LF."""

    def __init__(self, body: str, practice: str) -> None:
        self._body = Template(body)
        self._practice = practice
        self._lines = body.split("\n")
        self._own = [place for place, line in enumerate(self._lines) if fields_in(line)]
        fields_are_in_lines = sum(len(fields_in(line)) for line in self._lines) >= len(self._body.fields)
        self._is_plain = is_readable(body) and fields_are_in_lines
        self._templates = {place: Template(self._lines[place]) for place in self._own}
        self._ends = {place: ends(self._lines, place) for place in self._own}
        self._text = [quoted_printable(line) for line in self._lines]
        self._html = [quoted_printable(self._shared_html(place)) for place in range(len(self._lines))]
        self._after = quoted_printable(AFTER)

    def fill(self, values: Mapping[str, str]) -> str:
        """The plain text. Raises UnknownField."""
        return self._body.fill(values)

    def encode(self, subject: str, values: Mapping[str, str]) -> tuple[bytes, bytes]:
        """Plain text and HTML, each with its headers. Raises UnknownField."""
        text, html = self._text.copy(), self._html.copy()
        for place in self._own:
            line = self._templates[place].fill(values)
            if not self._is_plain or "\n" in line or "\r" in line or not line.strip() or not is_readable(line):
                return self._encode_whole(subject, values)
            opening, closing = self._ends[place]
            text[place] = quoted_printable(line)
            html[place] = quoted_printable(f"{opening}{escaped(line)}{closing}")
        if not self._is_plain:
            return self._encode_whole(subject, values)
        top = _top(before(subject, self._practice))
        return (
            b"".join((_PLAIN, _QUOTED, b"\r\n".join(text), b"\r\n")),
            b"".join((_HTML, _QUOTED, b"\r\n".join((top, *html)), b"\r\n", self._after, b"\r\n")),
        )

    def _encode_whole(self, subject: str, values: Mapping[str, str]) -> tuple[bytes, bytes]:
        text = self._body.fill(values)
        return _PLAIN + encoded(text), _HTML + encoded(html_part(subject, text, self._practice))

    def _shared_html(self, place: int) -> str:
        line = self._lines[place]
        opening, closing = ends(self._lines, place)
        return f"{opening}{escaped(line)}{closing}" if line.strip() else ""


@lru_cache(maxsize=64)
def _top(head: str) -> bytes:
    """The same for every patient, unless the subject holds a field."""
    return quoted_printable(head)


def is_readable(text: str) -> bool:
    return len(text.encode("utf-8", "replace")) <= len(text) * READABLE


def encoded(text: str) -> bytes:
    """Any text, with the header that says how."""
    if is_readable(text):
        return _QUOTED + b"\r\n".join(map(quoted_printable, text.split("\n"))) + b"\r\n"
    data = text.encode("utf-8", "replace").replace(b"\n", b"\r\n")
    return _BASE64 + base64.encodebytes(data).replace(b"\n", b"\r\n")


def quoted_printable(line: str) -> bytes:
    """One line, or several; soft line breaks keep each within 76 characters (RFC 2045 section 6.7)."""
    lines = line.split("\n")
    return b"\r\n".join(
        binascii.b2a_qp(one.encode("utf-8", "replace"), istext=False).replace(b"\n", b"\r\n") for one in lines
    )
