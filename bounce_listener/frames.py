"""What the listener and its clerks say to each other over a pipe: READY, then each time a length and the words.

To a clerk: a JSON table of contents and the reports themselves. From a clerk: JSON, one list of outcomes a report.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from messaging.receipts import Recorded
from messaging.return_path import Signed

LENGTH = struct.Struct(">I")
READY = b"+"  # the first word of a clerk


@dataclass(slots=True)
class Piece:
    """A report and the return paths that it came to. `readable` is False once readers failed on it."""

    raw: bytes
    signed: tuple[Signed, ...]
    via: str
    readable: bool = True


def pack(pieces: Sequence[Piece]) -> bytes:
    contents = json.dumps([(len(one.raw), _days(one.signed), one.via, one.readable) for one in pieces]).encode()
    size = LENGTH.size + len(contents) + sum(len(one.raw) for one in pieces)
    return b"".join((LENGTH.pack(size), LENGTH.pack(len(contents)), contents, *(one.raw for one in pieces)))


def unpack(frame: bytes) -> list[Piece]:
    """`frame` is without its own length."""
    (length,) = LENGTH.unpack_from(frame)
    start = LENGTH.size + length
    pieces = []
    for size, days, via, readable in json.loads(frame[LENGTH.size : start]):
        pieces.append(Piece(frame[start : start + size], _signed(days), via, readable))
        start += size
    return pieces


def _days(signed: Sequence[Signed]) -> list[tuple[int, int]]:
    return [(one.message_id, one.issued.toordinal()) for one in signed]


def _signed(days: Sequence[tuple[int, int]]) -> tuple[Signed, ...]:
    return tuple(Signed(message_id, date.fromordinal(day)) for message_id, day in days)


def pack_outcomes(outcomes: Sequence[Sequence[Recorded | None]]) -> bytes:
    words = json.dumps(outcomes).encode()
    return LENGTH.pack(len(words)) + words


def unpack_outcomes(words: bytes) -> list[list[Recorded | None]]:
    return [[Recorded(one) if one else None for one in outcomes] for outcomes in json.loads(words)]
