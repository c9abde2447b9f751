"""Faults of the machines that have a page of their own: a disk that is full, a database that does not answer."""

import errno
import sqlite3
from enum import StrEnum

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

DISK_FULL, INPUT_OUTPUT = 13, 10  # SQLite's primary result codes
BUSY, LOCKED, CANNOT_OPEN = 5, 6, 14
NOT_WRITTEN = frozenset(  # a write that the disk, a quota or a limit on files did not take
    {
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_DIR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_SHMSIZE,
    }
)
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # of a file, as of an upload's own
POSTGRES_DISK_FULL = "53100"
POSTGRES_AWAY = ("08", "53", "57P", "58")  # beginnings of SQLSTATE: connection, resources, shutdown, its own machine


class Fault(StrEnum):
    """By the name of its page."""

    DISK_FULL = "disk_full"
    DATABASE_AWAY = "database_away"

    @property
    def code(self) -> int:
        """The status of the answer."""
        return 507 if self is Fault.DISK_FULL else 503


def fault_of(error: BaseException) -> Fault | None:
    """None for what is our own mistake."""
    if isinstance(error, NoConnectionFree):
        return Fault.DATABASE_AWAY
    if isinstance(error, DBAPIError):
        if isinstance(error.orig, sqlite3.Error):
            return _of_sqlite(error.orig)
        return _of_postgres(error)
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return Fault.DISK_FULL
    return None


def _of_sqlite(error: sqlite3.Error) -> Fault | None:
    code = getattr(error, "sqlite_errorcode", 0)
    if code & 0xFF == DISK_FULL or code in NOT_WRITTEN:
        return Fault.DISK_FULL
    return Fault.DATABASE_AWAY if code & 0xFF in (INPUT_OUTPUT, BUSY, LOCKED, CANNOT_OPEN) else None


def _of_postgres(error: DBAPIError) -> Fault | None:
    state = getattr(error.orig, "sqlstate", None) or ""
    if state == POSTGRES_DISK_FULL:
        return Fault.DISK_FULL
    # No connection, or one that ended in the middle: nobody was left to give a state.
    is_away = state.startswith(POSTGRES_AWAY) if state else type(error.orig).__name__ == "OperationalError"
    return Fault.DATABASE_AWAY if is_away or error.connection_invalidated else None
