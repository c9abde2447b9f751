"""A reader that does what a report tells it to: hang, die, eat memory, or not even start. Within the real limits."""

import os
import sys
import time

from bounce_listener import apart
from bounce_listener.report import Report, read_report


def read(raw: bytes) -> Report:
    if b"hang" in raw:
        time.sleep(60)
    if b"die" in raw:
        os._exit(1)
    if b"eat" in raw:
        bytearray(2 * apart.MEMORY)
        os._exit(0)  # it had it
    return read_report(raw)


if not os.environ.get("READER_DOES_NOT_START"):
    apart.read_report = read  # type: ignore[attr-defined]
    sys.tracebacklimit = 0
    apart.main()
