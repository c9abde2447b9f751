"""Codes in what a mail server says: enhanced status (RFC 3463) and SMTP reply code (RFC 5321)."""

from __future__ import annotations

import re

# 5.1.1, #5.1.1, 550-5.1.1; not part of an IP address, a version or a date.
_STATUS = re.compile(r"(?<![\d.])([245]\.[0-9]\.[0-9]{1,3})(?![\d.]?\d)")
_CODE = re.compile(r"(?<![\d.:/-])([45][0-5][0-9])(?=[ \-.,:;)\]#\"'<]|$)(?!\.\d)(?!-\d{3}-)", re.MULTILINE)
_BARE_CODE = re.compile(
    r"(?<![\d.:/=-])([45][0-5][0-9])(?= |-|$)(?!\.\d)(?! (?:more|hours?|days?|seconds?|bytes?|octets))", re.MULTILINE
)
_SAID = re.compile(
    r"(?:said:?|smtp;|response(?: was| from the remote server was)?:?|replied:?|<<<|(?:error|status|code|reply)\s?:?\s?|after [^\n]{0,80}:|: host [^\n]{0,120}:)\s{0,9}[\"'(]?([45][0-5][0-9])(?=[ \-.,:;]|$)",
    re.IGNORECASE,
)


def status_in(text: str) -> str:
    """The enhanced status that the text names: the first exact one, else the first x.0.0; "" when none."""
    vague = ""
    for found in _STATUS.finditer(text, 0, 4_000):
        status = found.group(1)
        if status[0] == "2":
            continue
        if not status.endswith(".0.0"):
            return status
        vague = vague or status
    return vague


def code_in(text: str) -> int | None:
    """The reply code that the text names, first where somebody is quoted, else anywhere it stands alone."""
    text = text[:4_000]
    found = _SAID.search(text) or _BARE_CODE.search(text) or _CODE.search(text)
    return int(found.group(1)) if found else None
