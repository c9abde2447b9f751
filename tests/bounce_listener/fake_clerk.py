"""A clerk that does what a report tells it to: die, hang, or be refused; others are “kept”, unread ones “ignored”."""

import os
import sys
import time

from bounce_listener.frames import LENGTH, READY, Piece, pack_outcomes, unpack
from messaging.receipts import Recorded


def outcome(piece: Piece) -> Recorded | None:
    if b"cannot even be kept" in piece.raw:
        os._exit(1)
    if not piece.readable:
        return Recorded.IGNORED
    if b"die" in piece.raw:
        os._exit(1)
    if b"hang" in piece.raw:
        time.sleep(60)
    time.sleep(0.3 * piece.raw.count(b"slow"))
    return None if b"refuse" in piece.raw else Recorded.KEPT


sys.stdout.buffer.write(READY)
sys.stdout.buffer.flush()
while header := sys.stdin.buffer.read(LENGTH.size):
    pieces = unpack(sys.stdin.buffer.read(LENGTH.unpack(header)[0]))
    sys.stdout.buffer.write(pack_outcomes([[outcome(piece)] * len(piece.signed) for piece in pieces]))
    sys.stdout.buffer.flush()
