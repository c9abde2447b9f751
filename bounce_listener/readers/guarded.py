"""The last text reader: an address on a line that speaks of failure, when exactly one is left after every guard."""

from __future__ import annotations

import re

from bounce_listener.readers import addresses, kinds, outcome
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
# What stands before or after an address that is not the recipient's.
_BEFORE = re.compile(
    r"(?:mail from|from|sender|reply-to|return-path|mailfrom|smtp\.mail|message-id|contact|write to|help|questions?|"
    r"support|mailto|envelope-from|postmaster|abuse|場合は|連絡|問い?合わ?せ)\S{0,3}\s{0,3}[:=<、]{0,3}\s{0,3}<?$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^\W{0,6}(?:へ|まで|に(?:ご連絡|お問)|for (?:help|assist|support|more|further)|if you)", re.IGNORECASE
)
_FROM = re.compile(r"\b(?:from|sent by|von|de)\b", re.IGNORECASE)
_DESKS = re.compile(r"(?:support|help|helpdesk|abuse|contact|info|no-?reply|customer[\w.-]{0,20}|admin\w{0,12})$", re.I)
LOOKED_AT = 300  # lines


def read(page: Page) -> list[Finding]:
    """One finding, or none: two candidates are a doubt, and a doubt marks nobody."""
    found: dict[str, Finding] = {}
    sure = outcome.says_not_delivered(page.subject, page.text)
    if not sure and not kinds.comes_like_a_report(page.letter):
        return []
    for number, line in enumerate(page.lines[:LOOKED_AT]):
        if "@" not in line:
            continue
        near = " ".join(page.lines[max(0, number - 4) : number + 6])
        if not sure and not _SPEAKS.search(near) and not outcome.speaks_of_failure("", near):
            continue
        following = page.lines[number + 1] if number + 1 < len(page.lines) else ""
        for match in addresses.CANDIDATE.finditer(line[:1_000]):
            address = addresses.clean(match.group().rstrip("."))
            around = (
                line[max(0, match.start() - 40) : match.start()],
                f"{line[match.end() :]} {following}".lstrip("> "),
            )
            if address and not _is_guarded(page, address, *around):
                found.setdefault(address.lower(), Finding(address=address, diagnostic=near[:2_000]))
    if not found and kinds.comes_from_nobody(page.letter) and not _FROM.search(page.subject):
        named = [one for one in addresses.all_in(page.subject) if not _is_guarded(page, one, "", "")]
        found = {address.lower(): Finding(address=address, diagnostic=page.text[:2_000]) for address in named}
    if len(found) > 1:  # the returned message’s own To may end the doubt
        found = {address: found[address] for address in found if address in {one.lower() for one in page.written_to}}
    return list(found.values()) if len(found) == 1 else []


def _is_guarded(page: Page, address: str, before: str, after: str) -> bool:
    """True for our own and the reporter's addresses, machinery, help desks, and whom the words do not speak of."""
    if addresses.is_machinery(address) or address.lower() in page.strangers:
        return True
    return bool(_DESKS.match(address.partition("@")[0]) or _BEFORE.search(before) or _AFTER.match(after))
