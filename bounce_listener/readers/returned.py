"""Where a report ends and the returned message begins. Nothing after that line is read."""

from __future__ import annotations

import re

# (pattern, who writes it). Matched at the start of a line, so the cut is exact and the scan linear.
_LINES: tuple[tuple[str, str], ...] = (
    (r"-{2,} ?(?:This is )?(?:an? )?(?:the )?(?:copy|body|headers?|start) of", "Exim, Sun, Postfix cousins"),
    (
        r"-{2,} ?(?:Below this line|Enclosed is a copy|Attached is a copy|Undelivered message follows)",
        "qmail, netqmail",
    ),
    (r"-{1,60} ?(?:The )?(?:header|headers|body) of (?:the )?(?:original|returned|message)", "GMX"),
    (
        (
            r"-{2,60}\s?(?:Original|Returned|Unsent|Undelivered|Rejected|Bounced|Your|Forwarded|Begin|"
            r"Included|Message)\s(?:message|mail|header|text|below|is|of)"
        ),
        "Gmail, Sendmail, Notes, Yahoo",
    ),
    (r"\|-{2,40} ?(?:Message text|Message header)", "Smail"),
    (
        (
            r"-{2,40} ?(?:Message (?:header|text|body)s?|Header|Unsent message|Unsent Message below|"
            r"Original mail info|original message|Returned Message|RETURNED MAIL)"
        ),
        "Smail, m-FILTER, Notes, Yale",
    ),
    (
        (
            r"(?:\*{3,} ?)?(?:Your )?(?:original|returned|undelivered|unsent|rejected) (?:message|"
            r"mail)(?: (?:headers?|body|text))?(?: (?:follows?|is (?:included|attached)|appears|below|"
            r"starts|begins)[^\n]{0,40})?:?\s{0,3}$"
        ),
        "many",
    ),
    (
        (
            r"(?:The )?(?:header|text|first|contents?) (?:\S{1,12} ){0,6}(?:original|returned|your|"
            r"undelivered|rejected|message)\b[^\n]{0,60}(?:follow|below|:\s{0,3}$)"
        ),
        "many",
    ),
    (
        (
            r"(?:Below is|Here is|This is|Following is|Attached is|Included is) (?:a |the )?(?:copy|"
            r"header|headers|text|beginning|start|original|message)"
        ),
        "OpenSMTPD, DragonFly",
    ),
    (r"Copy of the original message|Original message (?:headers|follows)|Message headers? (?:follow|:)", "many"),
    (r"Original message headers?:", "Exchange"),
    (r"Original message follows|Message follows|The message follows", "IMail, others"),
    (r"={2,60} ?(?:Original|Message|Returned)", "others"),
    (r"Content-Type: ?(?:message/rfc822|text/rfc822-headers)", "a report whose structure was lost"),
)
# A block of headers: at the margin, since reports quote single header lines indented.
_HEADERS = r"(?:Return-Path|Received|X-Received|DKIM-Signature|X-Google-DKIM-Signature):"
_START = re.compile(
    r"^(?:[ \t|*]{0,12}(?:" + "|".join(pattern for pattern, _ in _LINES) + ")|" + _HEADERS + ")",
    re.MULTILINE | re.IGNORECASE,
)


def cut(text: str) -> str:
    """The text before the returned message; all of it when nothing marks where that begins."""
    found = _START.search(text)
    return text[: found.start()] if found is not None else text
