"""A process that reads and records what the listener hands it, a few reports at a time, in one transaction each time.

Hostile mail can cost time and memory only here: the listener ends a clerk that takes too long and starts another.
Ends when the listener closes the pipe, however the listener ended.
"""

import signal
import sys
from collections.abc import Sequence

from flask import Flask

from bounce_listener.apart import limit_memory, unread
from bounce_listener.evidence import Returned, digest_of
from bounce_listener.frames import LENGTH, READY, Piece, pack_outcomes, unpack
from bounce_listener.recording import record_each
from bounce_listener.report import read_report
from messaging.app import create_base_app, log_to_stderr
from messaging.db import db, make_durable
from messaging.receipts import Recorded


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the listener, who ends us once all is recorded
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    limit_memory()
    log_to_stderr()
    app = create_base_app()
    with app.app_context():
        make_durable(db.engine)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sink.write(READY)
    sink.flush()
    while len(header := source.read(LENGTH.size)) == LENGTH.size:
        (length,) = LENGTH.unpack(header)
        sink.write(pack_outcomes(work(app, unpack(source.read(length)))))
        sink.flush()


def work(app: Flask, pieces: Sequence[Piece]) -> list[list[Recorded | None]]:
    """One list of outcomes a piece, one outcome a message."""
    returned: list[Returned] = []
    for piece in pieces:
        report = read_report(piece.raw) if piece.readable else unread(piece.raw)
        digest = digest_of(piece.raw)
        returned.extend(Returned(signed, report, digest, piece.via) for signed in piece.signed)
    with app.app_context():
        outcomes = iter(record_each(returned))
    return [[next(outcomes) for _ in piece.signed] for piece in pieces]


if __name__ == "__main__":
    main()
