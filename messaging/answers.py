"""What an answer of the smart host means for the patient, for the batch, and for us. Pure.

The stage says of whom the server speaks. Connecting, EHLO, TLS, AUTH and MAIL are about us; RCPT is about the patient
unless the words say otherwise; after the dot it may be either. A refusal of us never marks a patient.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from messaging.gateways.base import Answer, End, Outcome, Stage
from messaging.reasons import Reason, reason_for

# Words with which smart hosts put a sender off who is too fast, or over a quota of his own.
_OUR_PACE = re.compile(
    r"throttl|sending (?:rate|quota|limit)|rate (?:limit|exceeded)|(?:daily|hourly|message|send(?:er|ing)?) "
    r"(?:message |sending )?(?:quota|limit)|too many (?:messages|connections|emails)",
    re.IGNORECASE,
)
_COME_AGAIN = re.compile(r"gr[ae]y.?list|postgrey", re.IGNORECASE)  # put to every stranger, once: nobody is refused
_OUT_OF_STEP = frozenset({500, 501, 502, 503, 504})  # the server did not follow us: never the patient's fault


class Verdict(StrEnum):
    SENT = "sent"
    FAILED = "failed"  # about this patient, for good
    LATER = "later"  # about this patient, for now
    OURS = "ours"  # about us
    BACK = "back"  # nothing was said about anybody: the message is as it was
    UNCERTAIN = "uncertain"  # it may have gone


@dataclass(frozen=True, slots=True)
class Judgement:
    """`for_good` says whether trying again can help without anybody's doing."""

    verdict: Verdict
    reason: Reason | None = None
    for_good: bool = False


def judge(outcome: Outcome) -> Judgement:
    if outcome.end is End.ACCEPTED:
        return Judgement(Verdict.SENT)
    if outcome.end in (End.RETURNED, End.UNTOUCHED):
        return Judgement(Verdict.BACK)
    if outcome.end is End.UNCERTAIN:
        return Judgement(Verdict.UNCERTAIN)
    answer = outcome.answer
    permanent = (answer.code or 0) >= 500
    reason = reason_for(answer.status, answer.code, answer.text)
    if answer.stage not in (Stage.RCPT, Stage.DATA, Stage.CONTENT):
        if permanent or reason is Reason.OUR_MAIL_REFUSED or _speaks_of_our_pace(answer):
            return Judgement(Verdict.OURS, Reason.OUR_MAIL_REFUSED, permanent)
        return Judgement(Verdict.BACK)
    if not permanent and _COME_AGAIN.search(answer.text):
        return Judgement(Verdict.LATER, Reason.NOT_REACHED_IN_TIME)
    if reason is Reason.OUR_MAIL_REFUSED or (permanent and answer.code in _OUT_OF_STEP):
        return Judgement(Verdict.OURS, Reason.OUR_MAIL_REFUSED, permanent)
    if not permanent:
        ours = _speaks_of_our_pace(answer) and reason is not Reason.MAILBOX_FULL
        return Judgement(Verdict.OURS if ours else Verdict.LATER, reason)
    return Judgement(Verdict.FAILED, reason, for_good=True)


def refuses_us(failure: Answer) -> bool:
    """Whether a connection could not be opened because of us (a person must look), not because nobody was there."""
    if failure.stage in (Stage.TLS, Stage.AUTH):
        return failure.code is None or failure.code >= 500
    return failure.code is not None and failure.code >= 500


def _speaks_of_our_pace(answer: Answer) -> bool:
    return bool(_OUR_PACE.search(answer.text))
