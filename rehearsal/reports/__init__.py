"""Reports as mail systems really write them: bytes ready for SMTP."""

from collections.abc import Callable

from rehearsal.reports.autoreply import out_of_office
from rehearsal.reports.exim import exim
from rehearsal.reports.gmail import gmail
from rehearsal.reports.matter import Matter
from rehearsal.reports.microsoft import microsoft
from rehearsal.reports.postfix import postfix
from rehearsal.reports.qmail import qmail

__all__ = ["STYLES", "Matter", "out_of_office", "report"]

STYLES: dict[str, Callable[[Matter], bytes]] = {
    "gmail": gmail,
    "microsoft": microsoft,
    "postfix": postfix,
    "exim": exim,
    "qmail": qmail,
}


def report(style: str, matter: Matter) -> bytes:
    """The report as that mail system would write it."""
    return STYLES[style](matter)
