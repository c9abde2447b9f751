"""The clock: `python -m worker.schedule` sweeps every half minute until it is told to stop.

It does the sweep itself, so that what a crash left is taken up in the database even while Redis is away. Several at
once do no harm.
"""

import logging
import signal
import sys
import threading

from sqlalchemy.exc import SQLAlchemyError

from messaging import delivery
from messaging.app import create_base_app, log_to_stderr
from messaging.config import SettingsError
from messaging.db import db

EVERY_SECONDS = 30.0

log = logging.getLogger(__name__)


def main() -> int:
    """The exit status: 0, or 1 for a mistake in the settings."""
    log_to_stderr()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        app = create_base_app()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with app.app_context():
        sweep_until(stopping)
    return 0


def sweep_until(stopping: threading.Event) -> None:
    went_well = True
    while not stopping.is_set():
        went_well = sweep(leases_count=went_well)
        stopping.wait(EVERY_SECONDS)


def sweep(*, leases_count: bool = True) -> bool:
    """False when the database is away: the next round comes anyway, and leaves out the leases."""
    try:
        delivery.sweep(leases_count=leases_count)
    except SQLAlchemyError as error:
        log.warning("database away error=%s", type(error).__name__)
        return False
    finally:
        db.session.remove()
    return True


if __name__ == "__main__":
    sys.exit(main())
