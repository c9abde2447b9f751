"""Why a message did not arrive: one short list, in plain English, with what to do next.

`reason_for` combines the three things a mail server says (enhanced status, RFC 3463; reply code, RFC 5321; and
its own words), because servers misuse each of them alone. Used for answers while sending and for reports.
Pure: no input or output, linear time, never raises.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from messaging import reason_words

LOOKED_AT = 2_000  # characters of a diagnostic that are read; the rest is never looked at


class Meaning(NamedTuple):
    """What a reason says on the page and what follows from it."""

    label: str
    sentence: str
    next_step: str
    address_is_wrong: bool
    is_permanent: bool


class Reason(StrEnum):
    """Stored by value, at most 32 characters."""

    NO_SUCH_MAILBOX = "no_such_mailbox"
    NO_SUCH_DOMAIN = "no_such_domain"
    MAILBOX_FULL = "mailbox_full"
    MAILBOX_CLOSED = "mailbox_closed"
    REFUSED_BY_RULES = "refused_by_rules"
    OUR_MAIL_REFUSED = "our_mail_refused"
    CONTENT_REFUSED = "content_refused"
    TOO_BIG = "too_big"
    NOT_REACHED_IN_TIME = "not_reached_in_time"
    LOOP = "loop"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """A short heading to group by."""
        return _MEANINGS[self].label

    @property
    def sentence(self) -> str:
        """What happened, for a practice manager."""
        return _MEANINGS[self].sentence

    @property
    def next_step(self) -> str:
        """What the practice can do about it."""
        return _MEANINGS[self].next_step

    @property
    def address_is_wrong(self) -> bool:
        """True when mail to this address cannot reach the patient, whoever sends it."""
        return _MEANINGS[self].address_is_wrong

    @property
    def is_permanent(self) -> bool:
        """True when sending the same message again will not help."""
        return _MEANINGS[self].is_permanent


_ASK = "Ask the patient for their email address."
_OURS = "The address is probably right. Tell your mail administrator."

_MEANINGS: dict[Reason, Meaning] = {
    Reason.NO_SUCH_MAILBOX: Meaning("No such mailbox", "There is no mailbox with this name.", _ASK, True, True),
    Reason.NO_SUCH_DOMAIN: Meaning(
        "No such email domain",
        "The part of the address after the @ does not exist, or does not take email.",
        "Check it for a typing slip, or ask the patient for their email address.",
        True,
        True,
    ),
    Reason.MAILBOX_FULL: Meaning(
        "Mailbox full",
        "Their mailbox is full.",
        "You could try again in a few days, or phone.",
        False,
        False,
    ),
    Reason.MAILBOX_CLOSED: Meaning(
        "Mailbox closed",
        "Their mailbox has been closed, or is not in use.",
        "Ask the patient for another email address.",
        True,
        True,
    ),
    Reason.REFUSED_BY_RULES: Meaning(
        "Refused by the patient’s side",
        "The patient’s mailbox or email provider does not accept messages from you.",
        "The address is probably right. Contact the patient another way.",
        False,
        True,
    ),
    Reason.OUR_MAIL_REFUSED: Meaning(
        "Our mail was refused",
        "Their email provider refused us, not the patient.",
        _OURS,
        False,
        False,
    ),
    Reason.CONTENT_REFUSED: Meaning(
        "Message refused",
        "Their email provider did not like the words or the attachments of this message.",
        "The address is probably right. Contact the patient another way, and tell your mail administrator.",
        False,
        True,
    ),
    Reason.TOO_BIG: Meaning(
        "Message too big",
        "The message was too big for their mailbox.",
        "Send a shorter message, or contact the patient another way.",
        False,
        True,
    ),
    Reason.NOT_REACHED_IN_TIME: Meaning(
        "Could not be reached in time",
        "Their email provider could not be reached, although it was tried again and again.",
        "You could try again tomorrow. If it happens again, ask the patient for another email address.",
        False,
        False,
    ),
    Reason.LOOP: Meaning(
        "Sent round in circles",
        "Their mailbox passes messages on in a circle, so none arrives.",
        "Contact the patient another way. Only they or their email provider can mend it.",
        False,
        True,
    ),
    Reason.UNKNOWN: Meaning(
        "Reason not given",
        "We were told that it did not arrive, but not clearly why.",
        "Check the address with the patient.",
        False,
        False,
    ),
}


# Enhanced status codes: IANA registry “SMTP Enhanced Status Codes”, and Microsoft’s own three-digit details.
_BY_STATUS: dict[str, Reason] = {
    "1.1": Reason.NO_SUCH_MAILBOX, "1.2": Reason.NO_SUCH_DOMAIN, "1.3": Reason.NO_SUCH_MAILBOX,
    "1.4": Reason.NO_SUCH_MAILBOX, "1.6": Reason.NO_SUCH_MAILBOX, "1.7": Reason.OUR_MAIL_REFUSED,
    "1.8": Reason.OUR_MAIL_REFUSED, "1.10": Reason.NO_SUCH_DOMAIN,
    "2.1": Reason.MAILBOX_CLOSED, "2.2": Reason.MAILBOX_FULL, "2.3": Reason.TOO_BIG, "2.4": Reason.REFUSED_BY_RULES,
    "3.1": Reason.NOT_REACHED_IN_TIME, "3.2": Reason.NOT_REACHED_IN_TIME, "3.4": Reason.TOO_BIG,
    "4.1": Reason.NOT_REACHED_IN_TIME, "4.2": Reason.NOT_REACHED_IN_TIME, "4.3": Reason.NOT_REACHED_IN_TIME,
    "4.4": Reason.NO_SUCH_DOMAIN, "4.5": Reason.NOT_REACHED_IN_TIME, "4.6": Reason.LOOP,
    "4.7": Reason.NOT_REACHED_IN_TIME, "4.14": Reason.LOOP, "4.310": Reason.NO_SUCH_DOMAIN,
    "6.0": Reason.CONTENT_REFUSED, "6.1": Reason.CONTENT_REFUSED, "6.2": Reason.CONTENT_REFUSED,
    "6.3": Reason.CONTENT_REFUSED, "6.5": Reason.CONTENT_REFUSED, "6.6": Reason.CONTENT_REFUSED,
    "7.1": Reason.REFUSED_BY_RULES, "7.2": Reason.REFUSED_BY_RULES, "7.13": Reason.MAILBOX_CLOSED,
    "7.17": Reason.NO_SUCH_MAILBOX, "7.18": Reason.NO_SUCH_DOMAIN, "7.27": Reason.NO_SUCH_DOMAIN,
}  # fmt: skip
# 5.7.x that speak about the sender: authentication (7.8, 7.9, 7.20–7.30), reputation, Exchange’s 54–64 and 5xx–7xx.
_OURS_IN_7 = re.compile(r"7\.(?:[89]|1[0-46]|2[0-9]|3[0-2]|23|5[47]|6[04]|5\d\d|60[0-9]|6[1-9]\d|7\d\d|800|105)$")
_RULES_IN_7 = re.compile(r"7\.(?:12[0-9]|13[0-9]|15|19)$")
# Codes nobody uses for anything else: words do not matter.
_EXACT = ("7.27", "4.310")
_BY_CODE: dict[int, Reason] = {
    511: Reason.NO_SUCH_MAILBOX, 521: Reason.NO_SUCH_DOMAIN, 556: Reason.NO_SUCH_DOMAIN, 551: Reason.NO_SUCH_MAILBOX,
    552: Reason.MAILBOX_FULL, 452: Reason.NOT_REACHED_IN_TIME, 523: Reason.TOO_BIG, 530: Reason.OUR_MAIL_REFUSED,
    535: Reason.OUR_MAIL_REFUSED, 432: Reason.NOT_REACHED_IN_TIME,
}  # fmt: skip

_ADDRESS = re.compile(r"[\w.+%'=!#$&*/?^`{|}~-]{1,64}@[\w.-]{1,255}", re.ASCII)
_LINK = re.compile(r"https?://\S{1,300}")
_SPACE = re.compile(r"\s+")

# The order of trust among the words, when nothing else decides.
_WORDS: tuple[tuple[Reason, re.Pattern[str]], ...] = (
    (Reason.LOOP, reason_words.LOOP),
    (Reason.OUR_MAIL_REFUSED, reason_words.OUR),
    (Reason.MAILBOX_FULL, reason_words.FULL),
    (Reason.TOO_BIG, reason_words.BIG),
    (Reason.MAILBOX_CLOSED, reason_words.CLOSED),
    (Reason.NO_SUCH_MAILBOX, reason_words.MAILBOX),
    (Reason.NO_SUCH_DOMAIN, reason_words.DOMAIN),
    (Reason.CONTENT_REFUSED, reason_words.CONTENT),
    (Reason.NOT_REACHED_IN_TIME, reason_words.TIME),
    (Reason.REFUSED_BY_RULES, reason_words.RULES),
)


def reason_for(status: str, code: int | None, diagnostic: str) -> Reason:
    """The reason that status ("5.1.1" or ""), reply code and the server’s words together give."""
    words = _plain(diagnostic)
    detail = status.partition(".")[2]
    coded = _by_detail(detail)
    if coded is not None and (detail in _EXACT or (coded is Reason.REFUSED_BY_RULES and detail != "7.1")):
        return coded
    if detail == "4.1" and reason_words.NOT_IN_DIRECTORY.search(words):
        return Reason.NO_SUCH_MAILBOX
    said = _by_words(words)
    if coded is None:
        return said or _BY_CODE.get(code or 0) or Reason.UNKNOWN
    if said is None or said is Reason.OUR_MAIL_REFUSED:
        return said or coded
    if coded is Reason.NO_SUCH_DOMAIN and reason_words.DOMAIN.search(words):
        return coded  # “Recipient address rejected: Domain not found” sounds like a mailbox too
    return _settle(detail, coded, said)


def _settle(detail: str, coded: Reason, said: Reason) -> Reason:
    """Status and words disagree or agree: who is to be believed."""
    vague = detail in ("2.1", "7.1", "4.1", "4.2", "4.3", "4.4", "4.5", "4.7", "3.1", "6.0")
    if said in (Reason.REFUSED_BY_RULES, Reason.NOT_REACHED_IN_TIME, Reason.CONTENT_REFUSED) and not vague:
        return coded  # general words say less than an exact status
    if coded is Reason.OUR_MAIL_REFUSED and said is not Reason.MAILBOX_FULL:
        return coded
    if detail == "4.4" and said is Reason.NOT_REACHED_IN_TIME:
        return said
    if coded is Reason.NO_SUCH_MAILBOX and said is Reason.NO_SUCH_DOMAIN:
        return coded
    return said


def _by_words(words: str) -> Reason | None:
    if reason_words.SYSTEM_FULL.search(words) and not reason_words.OF_A_MAILBOX.search(words):
        return Reason.NOT_REACHED_IN_TIME
    return next((reason for reason, pattern in _WORDS if pattern.search(words)), None)


def _by_detail(detail: str) -> Reason | None:
    if detail in _BY_STATUS:
        return _BY_STATUS[detail]
    if _OURS_IN_7.match(detail):
        return Reason.OUR_MAIL_REFUSED
    if _RULES_IN_7.match(detail):
        return Reason.REFUSED_BY_RULES
    return None


def _plain(diagnostic: str) -> str:
    """The words alone: addresses and links would be read as words ("blocked@", "spamhaus.org/user-unknown")."""
    text = _SPACE.sub(" ", diagnostic[:LOOKED_AT])
    return _ADDRESS.sub("<>", _LINK.sub("<>", text)).lower()
