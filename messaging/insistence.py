"""Doing something in the database although it is away for a while: what is known only here must not be lost."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from messaging.db import db

T = TypeVar("T")

FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0  # seconds

log = logging.getLogger(__name__)


def insist(action: Callable[[], T], is_enough: Callable[[], bool]) -> T:
    """Runs the action until the database lets it: away, restarting, locked or out of disk, it is tried again.

    The action must be safe to repeat, since a commit may have happened although nobody heard. Once `is_enough` says
    so, the last error is raised.
    """
    wait = FIRST_WAIT
    while True:
        try:
            return action()
        except DBAPIError as error:
            if not _may_pass(error) or is_enough():
                raise
            log.warning("database away, trying again in %.1f s error=%s", wait, type(error.orig).__name__)
        db.session.rollback()
        time.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)


def _may_pass(error: DBAPIError) -> bool:
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
