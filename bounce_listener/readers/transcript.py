"""Transcripts of SMTP sessions: the recipient in the server's answer or in the refused command.

| system | how it looks | source |
| --- | --- | --- |
| Sendmail 5 to 8 | `550 5.1.1 <addr>... User unknown`, `addr... Deferred: …` | sendmail/deliver.c, its reports |
| the same, the conversation | `>>> RCPT To:<addr>` answered by `<<< 550 …` | RFC 821 |
| InterScan | `Sent <<< RCPT TO:<addr>` answered by `Received >>> 550 …` | its reports |
"""

from __future__ import annotations

import re

from bounce_listener.readers import addresses, blocks
from bounce_listener.readers.page import Page
from bounce_listener.readers.verdict import Finding

_ADDRESS = r"<?(?P<address>[^\s<>()\[\]\",;:|\\]{1,64}@[^\s<>()\[\]\",;:|\\/?]{1,255}?)>?"
_ANSWER = re.compile(
    r"^[ \t]{0,8}(?:[45]\d\d[ -](?:[45]\.\d\.\d{1,3} )?)?" + _ADDRESS + r"\.{3} ?(?P<said>.{0,400})$", re.MULTILINE
)
_COMMAND = re.compile(
    r"^[ \t]{0,8}(?:>>>|Sent <<<|=>|-> ?)[ \t]{0,4}RCPT TO: ?"
    + _ADDRESS
    + r"(?:[ \t][^\n]{0,200})?\n(?P<said>[^\n]{0,400})",
    re.MULTILINE | re.IGNORECASE,
)
_REFUSED = re.compile(r"\b[45]\d\d\b")
_ACCEPTED = re.compile(r"\b2\d\d\b|sender ok|recipient ok", re.IGNORECASE)
LOOKED_AT = 64_000


def read(page: Page) -> list[Finding]:
    """Everybody whom a server refused by name; a command that was accepted names nobody."""
    text = page.text[:LOOKED_AT]
    found: list[Finding] = []
    for match in _ANSWER.finditer(text):
        found.append(Finding(address=addresses.clean(match["address"]), diagnostic=match.group().strip()))
    for match in _COMMAND.finditer(text):
        if _REFUSED.search(match["said"]) and not _ACCEPTED.match(match["said"].strip()):
            found.append(Finding(address=addresses.clean(match["address"]), diagnostic=match["said"].strip()))
    theirs = [
        one
        for one in found
        if one.address and one.address.lower() not in page.strangers and not addresses.is_machinery(one.address)
    ]
    return blocks.merged(theirs[: blocks.MAX_FOUND])
