"""What the listener and its clerks say to each other over a pipe: READY, then each time a length and the words.

To a clerk: a JSON table of contents and the reports themselves. From a clerk: JSON, one list of outcomes a report.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from messaging.receipts import Recorded

LENGTH = struct.Struct(">I")
READY = b"+"  # the first word of a clerk


@dataclass(slots=True)
class Piece:
    """A report and the messages whose return paths it came to. `readable` is False once readers failed on it."""

    raw: bytes
    message_ids: tuple[int, ...]
    via: str
    readable: bool = True


def pack(pieces: Sequence[Piece]) -> bytes:
    contents = json.dumps([(len(one.raw), one.message_ids, one.via, one.readable) for one in pieces]).encode()
    size = LENGTH.size + len(contents) + sum(len(one.raw) for one in pieces)
    return b"".join((LENGTH.pack(size), LENGTH.pack(len(contents)), contents, *(one.raw for one in pieces)))


def unpack(frame: bytes) -> list[Piece]:
    """`frame` is without its own length."""
    (length,) = LENGTH.unpack_from(frame)
    start = LENGTH.size + length
    pieces = []
    for size, message_ids, via, readable in json.loads(frame[LENGTH.size : start]):
        pieces.append(Piece(frame[start : start + size], tuple(message_ids), via, readable))
        start += size
    return pieces


def pack_outcomes(outcomes: Sequence[Sequence[Recorded | None]]) -> bytes:
    words = json.dumps(outcomes).encode()
    return LENGTH.pack(len(words)) + words


def unpack_outcomes(words: bytes) -> list[list[Recorded | None]]:
    return [[Recorded(one) if one else None for one in outcomes] for outcomes in json.loads(words)]
