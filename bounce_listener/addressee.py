"""The return path that a report came to, when only its header is left to tell: any field may hold it, for it is signed.

Only the report's own header is looked at, never what it returns.
"""

import re
from collections.abc import Iterator

from messaging.return_path import Forged, ReturnPaths, Signed

# In order of trust: who delivered it, who forwarded it, to whom it was written, and last who relayed it (“for <…>”).
FIELDS = (
    b"delivered-to",
    b"x-original-to",
    b"envelope-to",
    b"x-envelope-to",
    b"x-rcpt-to",
    b"x-gm-original-to",
    b"x-forwarded-to",
    b"resent-to",
    b"to",
    b"cc",
    b"received",
)
LONGEST_HEADER = 256 << 10  # octets
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_ADDRESS = re.compile(r"\br-[a-z2-7]{2,64}-[a-z2-7]{2,32}@[a-z0-9.-]{1,253}", re.IGNORECASE)


def return_path_of(raw: bytes, paths: ReturnPaths) -> Signed | None:
    """The first validly signed one; None when there is none."""
    return next(signed_in((value for value in _values(raw)), paths), None)


def signed_in(texts: Iterator[str], paths: ReturnPaths) -> Iterator[Signed]:
    """Each validly signed return path in them, in order."""
    for text in texts:
        for found in _ADDRESS.finditer(text):
            try:
                yield paths.read(found.group())
            except Forged:
                continue


def _values(raw: bytes) -> Iterator[str]:
    start = raw[:LONGEST_HEADER].lstrip(b"\r\n")
    end = _END_OF_HEADER.search(start)
    lines = _FOLD.sub(b" ", start[: end.start()] if end else start).splitlines()
    fields = [(name.strip().lower(), value) for name, _, value in (line.partition(b":") for line in lines)]
    for wanted in FIELDS:
        for name, value in fields:
            if name == wanted:
                yield value.decode("latin-1")
