"""How the post office answers, by the local part of the recipient. The one place where this is written."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlannedReport:
    """A report that follows an accepted message, `waits` times the post office's delay later."""

    action: str
    style: str
    status: str
    diagnostic: str
    waits: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What happens to a message for one recipient; texts are whole SMTP replies.

    `at_rcpt` and `after_data` refuse every time, `first_at_rcpt` the first time a recipient is seen.
    `reaches_inbox` after `inbox_waits` times the post office's delay.
    """

    at_rcpt: str = ""
    first_at_rcpt: str = ""
    after_data: str = ""
    slow: bool = False
    reaches_inbox: bool = True
    inbox_waits: int = 0
    reports: tuple[PlannedReport, ...] = ()
    autoreply: bool = False


NO_MAILBOX = "550 5.1.1 No mailbox here by that name"
NORMAL = Answer()

ANSWERS: dict[str, Answer] = {
    # refused while the sender waits
    "nobody": Answer(at_rcpt=NO_MAILBOX),
    "closed": Answer(at_rcpt="550 5.2.1 This mailbox is closed and takes no messages"),
    "refused": Answer(after_data="554 5.7.1 Message refused by a rule of the recipient"),
    "spam": Answer(after_data="550 5.7.26 Message refused: the sending domain did not authenticate it"),
    "big": Answer(after_data="552 5.3.4 Message is bigger than this system takes"),
    # put off
    "later": Answer(first_at_rcpt="451 4.7.1 Greylisted, please try again in a moment"),
    "busy": Answer(first_at_rcpt="421 4.3.2 Too busy just now, please come back"),
    "slow": Answer(slow=True),
    # accepted, and reported on later
    "bounce": Answer(reaches_inbox=False, reports=(PlannedReport("failed", "postfix", "5.1.1", NO_MAILBOX),)),
    "full": Answer(
        reaches_inbox=False,
        reports=(
            PlannedReport("failed", "microsoft", "5.2.2", "554 5.2.2 mailbox full; the mailbox has reached its quota"),
        ),
    ),
    "gone": Answer(
        reaches_inbox=False,
        reports=(PlannedReport("failed", "qmail", "5.1.1", "No mailbox here by that name. (#5.1.1)"),),
    ),
    "domain": Answer(
        reaches_inbox=False,
        reports=(PlannedReport("failed", "gmail", "5.1.2", "550 5.1.2 The recipient's domain could not be found"),),
    ),
    "blocked": Answer(
        reaches_inbox=False,
        reports=(
            PlannedReport("failed", "gmail", "5.7.26", "550 5.7.26 Blocked: the sending domain did not authenticate"),
        ),
    ),
    "delay": Answer(
        inbox_waits=2,
        reports=(PlannedReport("delayed", "postfix", "4.4.1", "451 4.4.1 The next server does not answer"),),
    ),
    "delayfail": Answer(
        reaches_inbox=False,
        reports=(
            PlannedReport("delayed", "microsoft", "4.4.7", "451 4.4.7 Message delayed, still trying"),
            PlannedReport("failed", "microsoft", "4.4.7", "550 4.4.7 Message expired in the queue", waits=2),
        ),
    ),
    "away": Answer(autoreply=True),
}

_LOCAL_PART = re.compile(r"(?P<name>[a-z]+)(?:[._-]?[0-9]+)?(?:\+.*)?", re.DOTALL)


def case_of(address: str) -> str:
    """The name in ANSWERS that decides for this address, or "" for an ordinary one.

    Case, a number at the end (`full.7@`) and whatever follows a plus sign do not matter.
    """
    match = _LOCAL_PART.fullmatch(address.rpartition("@")[0].lower())
    name = match["name"] if match else ""
    return name if name in ANSWERS else ""


def answer_for(address: str) -> Answer:
    """The answer that the recipient's local part asks for."""
    return ANSWERS.get(case_of(address), NORMAL)
