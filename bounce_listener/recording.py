"""From reports to the database: one transaction for all that came together, and no piece spoils it for the others."""

import logging
from collections.abc import Mapping, Sequence

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bounce_listener.evidence import Returned, evidence
from bounce_listener.report import Report
from messaging import receipts
from messaging.db import transaction
from messaging.receipts import About, Recorded
from messaging.return_path import Signed

TURNED_DOWN_TOGETHER = ("40001", "40P01")  # PostgreSQL: two transactions met; each piece alone will do

log = logging.getLogger(__name__)


def record(returned: Sequence[Returned]) -> list[Recorded]:
    """All in one transaction, in the application context in hand. Raises SQLAlchemyError, and then nothing is kept."""
    with transaction():
        known = receipts.about({one.signed.message_id for one in returned})
        outcomes = receipts.record_many([evidence(one, _address(known, one.signed)) for one in returned], known)
    for one, outcome in zip(returned, outcomes, strict=True):
        log_report(one.signed.message_id, one.report, outcome, one.via)
    return outcomes


def record_each(returned: Sequence[Returned]) -> list[Recorded | None]:
    """As record(), but never raises: None for what was not recorded, because it or the whole database refused."""
    try:
        return list(record(returned))
    except SQLAlchemyError as error:
        if len(returned) > 1 and may_be_one_of_them(error):
            return [outcome for one in returned for outcome in record_each([one])]
        cause = error.orig if isinstance(error, DBAPIError) else error  # by kind only: its words hold the values
        log.error("reports not recorded pieces=%d error=%s", len(returned), type(cause).__name__)
        return [None] * len(returned)


def log_report(message_id: int, report: Report, outcome: Recorded, via: str) -> None:
    """One line, ids only."""
    log.info(
        "report message=%d kind=%s reader=%s understood=%s via=%s %s",
        message_id,
        report.kind,
        report.reader,
        "yes" if report.understood else "no",
        via,
        outcome,
    )


def _address(known: Mapping[int, About], signed: Signed) -> str | None:
    """Nobody's when the return path is of another day: the number is a new message's, in a database begun anew."""
    about = known.get(signed.message_id)
    return about.to_address if about is not None and about.created_on == signed.issued else None


def may_be_one_of_them(error: SQLAlchemyError) -> bool:
    """Not when the database itself is away: then each alone would only take longer to fail."""
    if isinstance(error, DBAPIError) and type(error).__name__ in ("OperationalError", "InterfaceError"):
        return getattr(error.orig, "sqlstate", None) in TURNED_DOWN_TOGETHER
    return True
