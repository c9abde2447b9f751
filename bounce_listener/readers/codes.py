"""Codes in what a mail server says: enhanced status (RFC 3463) and SMTP reply code (RFC 5321)."""

from __future__ import annotations

import re

LOOKED_AT = 4_000

# 5.1.1, #5.1.1, 550-5.1.1; not part of an IP address, a version or a date.
_STATUS = re.compile(r"(?<![\d.])([245]\.[0-9]\.[0-9]{1,3})(?![\d.]?\d)")
# "550 5.1.1", "550-'5.4.1": beside its reply code a status is certain.
_BESIDE = re.compile(r"(?<![\d.])[45][0-5]\d[ -]{1,2}[#'\"(\[]{0,2}([45]\.\d\.\d{1,3})(?![\d.]?\d)(?<!\.0\.0)")
# A reply code where somebody is quoted, …
_SAID = re.compile(
    r"(?:said:?|smtp;|response(?: was| from the remote server was)?:?|replied:?|<<<|(?:error|"
    r"status|code|reply)\s?:?\s?"
    r"|after [^\n]{0,80}:|: host [^\n]{0,120}:)\s{0,9}[\"'(]?([45][0-5][0-9])(?=[ \-.,:;]|$)",
    re.IGNORECASE,
)
# … where it stands like a number of its own, …
_ALONE = re.compile(
    r"(?<![\d.:/=-])([45][0-5]\d)(?= |-|$)(?!\.\d)(?! (?:more|hours?|days?|seconds?|bytes?|octets))", re.MULTILINE
)
# … or beside a mark.
_MARKED = re.compile(r"(?<![\d.:/-])([45][0-5]\d)(?=[ \-.,:;)\]#\"'<]|$)(?!\.\d)(?!-\d{3}-)", re.MULTILINE)


def status_in(text: str) -> str:
    """The enhanced status that the text names: beside a code, else the first exact one, else x.0.0; "" when none."""
    text = text[:LOOKED_AT]
    if (said := _BESIDE.search(text)) is not None:
        return said.group(1)
    vague = ""
    for found in _STATUS.finditer(text):
        status = found.group(1)
        if status[0] == "2":
            continue
        if not status.endswith(".0.0"):
            return status
        vague = vague or status
    return vague


def code_in(text: str) -> int | None:
    """The reply code that the text names, first where somebody is quoted, else anywhere it stands alone."""
    text = text[:LOOKED_AT]
    found = _SAID.search(text) or _ALONE.search(text) or _MARKED.search(text)
    return int(found.group(1)) if found else None
