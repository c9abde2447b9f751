"""SIGTERM and a closed terminal unwind a script as Ctrl-C does, so that whatever it started is ended with it."""

import signal
from typing import NoReturn


def unwind() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)


def _leave(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)
