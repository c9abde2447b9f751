"""The last text reader: an address on a line that speaks of failure, when exactly one is left after every guard."""

from __future__ import annotations

import re

from bounce_listener.readers import addresses
from bounce_listener.readers.page import Page
from bounce_listener.readers.verdict import Finding

_SPEAKS = re.compile(
    (
        r"\b[45]\d\d[ -]|\b[45]\.\d\.\d{1,3}\b|unknown|no such|not (?:found|exist|deliver|accept|"
        r"be deliver)|n't exist|fail|reject|refus|disabled|full|quota|undeliver|invalid|unable|"
        r"could not|cannot|error|denied|inactive"
    ),
    re.IGNORECASE,
)
# What stands before an address that is not the recipient's.
_NOT_THEIRS = re.compile(
    (
        r"(?:mail from|from|sender|reply-to|return-path|mailfrom|smtp\.mail|message-id|contact|"
        r"write to|help|questions?|support|mailto|envelope-from|postmaster|"
        r"abuse)\S{0,3}\s{0,3}[:=<]{0,3}\s{0,3}<?$"
    ),
    re.IGNORECASE,
)
LOOKED_AT = 300  # lines


def read(page: Page) -> list[Finding]:
    """One finding, or none: two candidates are a doubt, and a doubt marks nobody."""
    found: dict[str, Finding] = {}
    for number, line in enumerate(page.lines[:LOOKED_AT]):
        if "@" not in line:
            continue
        near = " ".join(page.lines[max(0, number - 1) : number + 3])
        if not _SPEAKS.search(near):
            continue
        for match in addresses.CANDIDATE.finditer(line[:1_000]):
            address = addresses.clean(match.group().rstrip("."))
            if (
                address
                and not _NOT_THEIRS.search(line[max(0, match.start() - 40) : match.start()])
                and not _guarded(page, address)
            ):
                found.setdefault(address.lower(), Finding(address=address, diagnostic=near[:2_000]))
    return list(found.values()) if len(found) == 1 else []


def _guarded(page: Page, address: str) -> bool:
    return addresses.is_machinery(address) or address.lower() in page.strangers
