"""Challenges: the message waits until its sender proves to be a person. Nobody has failed.

| who | how it looks | source |
| --- | --- | --- |
| Boxbe | a whole RFC 3464 report: `Action: failed`, `Diagnostic-Code: X-Boxbe-Notice` | its reports |
| TMDA, Spam Arrest, Sendio, Vanquish | “please confirm your message”, by link or reply | RFC 3834 section 3.1 |
| EarthLink spamBlocker and other providers | “add yourself to my allowed senders” | their mails |
"""

from __future__ import annotations

import re

# A report's diagnostic type that is no mail system's: x-boxbe-notice.
_NOTICE_TYPE = re.compile(r"\s{0,4}x-[a-z]{2,20}-notice\b", re.IGNORECASE)
# A refusal in numbers or for good is no challenge, whatever else it asks for.
_REFUSAL = re.compile(r"\b5[0-5]\d[ -]|\b5\.\d\.\d{1,3}\b|permanent (?:error|fail)|failed permanently")
_SERVICES = re.compile(
    r"boxbe|spam ?arrest|choicemail|mailblocks|spamblocker|sendio|0spam|vanquish|tmda-confirm|-confirm-"
)
_PHRASES = (
    r"guest ?list|wait-?listed|approved senders? list|allowed senders? list",
    r"challenge[- ]response|human verification|prove (?:that )?you are (?:a )?(?:human|person|not)",
    r"(?:confirm|verify|authenticate|validate) (?:that )?(?:your|this|you) (?:message|e-?mail|mail|are|sent)",
    r"(?:confirm|verify|authenticate|validate) (?:that )?(?:your|this) (?:delivery|identity)",
    r"(?:confirm|verify) (?:that )?you're|requires? (?:your )?(?:confirmation|verification)",
    r"unconfirmed (?:sender|message)",
    r"(?:is|are|was|been|being) (?:held|quarantined|waiting|pending|on hold)[^\n]{0,200}"
    r"(?:click|confirm|verif|approv|reply|respond)",
    r"sender (?:not )?(?:pre-?approved|verification required|confirmation)",
    r"not (?:yet )?on (?:my|the|their) (?:list of )?(?:approved|allowed)",
    r"to (?:have|get) (?:it|your (?:message|mail|e-mail)) delivered[^\n]{0,60}(?:click|reply|visit)",
    r"(?:click|visit|reply)[^\n]{0,80}(?:to have (?:it|your)|so that your)[^\n]{0,60}deliver",
)
_WORDS = re.compile("|".join(_PHRASES))
LOOKED_AT = 3_000


def is_challenge(subject: str, sender: str, text: str, diagnostic: str = "", *, refused: bool = False) -> bool:
    """True when words or a report’s diagnostic type ask the sender to prove something. `refused`: 5xx was said."""
    if _NOTICE_TYPE.match(diagnostic):
        return True
    words = " ".join(text[:LOOKED_AT].lower().replace("’", "'").split())
    if refused or _REFUSAL.search(words):
        return False
    heads = f"{subject} {sender}".lower()
    return bool(_SERVICES.search(heads) or _WORDS.search(heads) or _WORDS.search(words))
