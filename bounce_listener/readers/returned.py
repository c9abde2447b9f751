"""Where a report ends and the returned message begins. Nothing after that line is read."""

from __future__ import annotations

import re

# (start of a line, who writes it): a rule of dashes with words, or words that nobody begins a report with.
_SURE: tuple[tuple[str, str], ...] = (
    (r"-{2,} ?(?:This is )?(?:an? )?(?:the )?(?:copy|body|headers?|start) of", "Exim, Sun, demon.co.uk"),
    (r"-{2,} ?(?:Below (?:this|the next) line|Enclosed is a copy|Attached is a copy)", "qmail, netqmail, newmail.ru"),
    (r"-{2,} ?Undelivered message follows", "qmail-ldap"),
    (r"-{1,60} ?(?:The )?(?:header|headers|body) of (?:the )?(?:original|returned|message)", "GMX"),
    (
        r"-{2,60}\s?(?:Original|Returned|Unsent|Undelivered|Rejected|Bounced|Your|Forwarded|Begin|Included|Message)"
        r"\s(?:message|mail|header|text|below|is|of)",
        "Gmail, Sendmail, Notes, Yahoo, m-FILTER, Yale, usa.net",
    ),
    (r"\|?-{2,40} ?(?:Message (?:header|text|body)s?|Header)", "Smail"),
    (r"(?:Below is|Here is|This is|Following is|Attached is) (?:a |the )?(?:copy|original)", "OpenSMTPD"),
    (r"Copy of the original message|Message headers? (?:follow|:)", "DragonFly and others"),
    (r"Original message headers?:|Original message (?:headers|follows)|(?:The )?message follows", "Exchange, IMail"),
    (r"={2,60} ?(?:Original|Message|Returned)", "others"),
    (r"Content-Type: ?(?:message/rfc822|text/rfc822-headers)", "a report whose structure was lost"),
)
# Words that may also be the title of a report: they end it only when somebody has been named before.
_TITLES: tuple[tuple[str, str], ...] = (
    (
        r"(?:\*{3,} ?)?(?:Your )?(?:original|returned|undelivered|unsent|rejected|old) (?:message|mail)"
        r"(?: (?:headers?|body|text))?(?: (?:follows?|is (?:included|attached)|appears|below|starts|begins)"
        r"[^\n]{0,40})?"
        r":?\s{0,3}$",
        "IIS, GroupWise, Microsoft SMTPSVC",
    ),
    (
        r"(?:The )?(?:header|text|first|contents?) (?:\S{1,12} ){0,6}"
        r"(?:original|returned|your|undelivered|rejected|message)\b"
        r"[^\n]{0,60}(?:follow|below|:\s{0,3}$)",
        "many",
    ),
    (r"(?:Below|Here|Following|Included) is (?:a |the )?(?:header|headers|text|beginning|start|message)", "many"),
)
# A block of headers: at the margin, since reports quote single header lines indented.
_HEADERS = r"(?:Return-Path|Received|X-Received|DKIM-Signature|X-Google-DKIM-Signature):"


def _joined(table: tuple[tuple[str, str], ...]) -> str:
    return "|".join(pattern for pattern, _ in table)


_START = re.compile(
    rf"^(?:[ \t|*]{{0,12}}(?:{_joined(_SURE)}|(?P<title>{_joined(_TITLES)}))|{_HEADERS})", re.MULTILINE | re.IGNORECASE
)


def cut(text: str) -> str:
    """The text before the returned message; all of it when nothing marks where that begins."""
    for found in _START.finditer(text):
        if found["title"] is None or "@" in text[: found.start()]:
            return text[: found.start()]
    return text
