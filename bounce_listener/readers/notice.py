"""Notices in JSON that arrive by mail: Amazon SES through SNS (docs.aws.amazon.com/ses, “notification contents”).

Only the documented fields are read: no address is ever looked for in JSON as if it were text.
"""

from __future__ import annotations

import json
import re
from typing import Any

from bounce_listener.readers import addresses
from bounce_listener.readers.letter import Letter
from bounce_listener.readers.verdict import Finding, Kind

_TYPE = re.compile(r"\"(?:notificationType|eventType)\"\s{0,9}:\s{0,9}\"(Bounce|Complaint|Delivery|DeliveryDelay)\"")
_LISTS = {
    "Bounce": ("bounce", "bouncedRecipients", Kind.FAILED),
    "Complaint": ("complaint", "complainedRecipients", Kind.COMPLAINT),
    "Delivery": ("delivery", "recipients", Kind.DELIVERED),
    "DeliveryDelay": ("deliveryDelay", "delayedRecipients", Kind.DELAYED),
}
MAX_NAMED = 1_000


def read(letter: Letter) -> tuple[Kind, list[Finding]] | None:
    """Kind and recipients of a notice, or None when the letter is none."""
    for leaf in letter.leaves:
        if leaf.content_type in ("text/plain", "application/json") and (found := _TYPE.search(leaf.text)) is not None:
            return _notice(leaf.text, found.group(1))
    return None


def _notice(text: str, kind: str) -> tuple[Kind, list[Finding]]:
    name, recipients, meaning = _LISTS[kind]
    try:
        notice, _ = json.JSONDecoder(strict=False).raw_decode(text[text.index("{") :])
        if isinstance(notice.get("Message"), str):
            notice = json.loads(notice["Message"])
        body = notice[name]
        entries = list(body[recipients])[:MAX_NAMED]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return _torn(text, meaning)
    if meaning is Kind.COMPLAINT:
        return meaning, []
    return meaning, [finding for entry in entries if (finding := _finding(entry, meaning)).address]


def _finding(entry: Any, meaning: Kind) -> Finding:
    if not isinstance(entry, dict):
        return Finding(address=addresses.clean(str(entry)), action=meaning.value)
    return Finding(
        address=addresses.clean(str(entry.get("emailAddress", ""))),
        action=str(entry.get("action") or meaning.value)[:40],
        status=str(entry.get("status") or "")[:40],
        diagnostic=str(entry.get("diagnosticCode") or "")[:2_000],
    )


_TORN_ADDRESS = re.compile(r"\"emailAddress\"\s{0,9}:\s{0,9}\"([^\"\n]{3,320})\"")
_TORN_STATUS = re.compile(r"\"status\"\s{0,9}:\s{0,9}\"([245]\.\d\.\d{1,3})\"")
_TORN_WORDS = re.compile(r"\"diagnosticCode\"\s{0,9}:\s{0,9}\"([^\"]{1,1000})")


def _torn(text: str, meaning: Kind) -> tuple[Kind, list[Finding]]:
    """JSON that a mail system wrapped or cut: the same fields by name."""
    found = []
    for match in list(_TORN_ADDRESS.finditer(text))[:MAX_NAMED] if meaning is not Kind.COMPLAINT else []:
        after = text[match.start() : match.start() + 2_000]
        status, words = _TORN_STATUS.search(after), _TORN_WORDS.search(after)
        finding = Finding(
            address=addresses.clean(match.group(1)),
            action=meaning.value,
            status=status.group(1) if status else "",
            diagnostic=words.group(1) if words else "",
        )
        if finding.address:
            found.append(finding)
    return meaning, found
