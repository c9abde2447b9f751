"""The machine part of a report: RFC 3464, and RFC 6533 for addresses that are not ASCII.

| where it stands | who sends it so | source |
| --- | --- | --- |
| message/delivery-status | Postfix, Sendmail, Exchange, Gmail, PowerMTA and most | RFC 3464 |
| message/global-delivery-status | servers with SMTPUTF8 | RFC 6533 |
| text/* or application/* with the same fields or that file name | gateways, mailing list software | seen |
| plain text, the structure lost | Sendmail behind filters; forwarding scripts | seen |
| message/disposition-notification with a rejection | Dovecot’s sieve `reject` | RFC 5429 section 2.1 |
"""

from __future__ import annotations

import re

from bounce_listener.readers import addresses, codes, fields
from bounce_listener.readers.letter import Leaf, Letter
from bounce_listener.readers.page import Page
from bounce_listener.readers.verdict import Finding

_MACHINE = re.compile(r"^[ \t]{0,8}(?:Final|Original)-Recipient[ \t]{0,8}:", re.IGNORECASE | re.MULTILINE)
_ACTION = re.compile(r"^[ \t]{0,8}(?:Action|Status|Diagnostic-Code)[ \t]{0,8}:", re.IGNORECASE | re.MULTILINE)
_REJECTED = re.compile(r"automatically rejected|(?:was|been) (?:refused|rejected) by|^rejected:", re.IGNORECASE)

# No Action and a temporary status: the words have to tell whether the other side has given up.
UNSAID = "unsaid"
_FAILED = ("fail", "error", "expired", "undeliver", "bounce", "reject", "permanent")
_DELAYED = ("delay", "defer", "transient", "temporar", "warning")


def parts(letter: Letter) -> list[Leaf]:
    """The leaves that are machine parts by type, by file name, or by their fields in an odd content type."""
    found = [leaf for leaf in letter.leaves if leaf.content_type.endswith("delivery-status")]
    if not found:
        found = [leaf for leaf in letter.leaves[1:] if _looks_like_one(leaf)]
    return [leaf for leaf in found if leaf.text.strip()]


def read(letter: Letter, page: Page) -> tuple[str, list[Finding]]:
    """Reporting MTA and findings of the machine parts; of the text that stands for one when there is none."""
    texts = [leaf.text for leaf in parts(letter)]
    if not texts and _MACHINE.search(page.text) and _ACTION.search(page.text):
        texts = [page.text]
    mta = ""
    found: list[Finding] = []
    for text in texts[:8]:
        about, groups = fields.groups(text.replace("\r", "\n"))
        mta = mta or about.get("reporting-mta", "").partition(";")[2].strip() or about.get("reporting-mta", "")
        found.extend(_finding(group) for group in groups)
    return mta[:255], found[: fields.MAX_GROUPS]


def action_of(written: str, status: str, diagnostic: str) -> str:
    """failed, delayed, delivered, relayed or expanded; from the codes when there is no Action; or ""."""
    word = written.strip().lower()
    if word.startswith(_FAILED):
        return "failed"
    if word.startswith(_DELAYED):
        return "delayed"
    for known in ("delivered", "relayed", "expanded"):
        if word.startswith(known):
            return known
    if status[:1] == "2":
        return "delivered"
    code = codes.code_in(diagnostic)
    if status[:1] == "5" or (not status and code is not None and code >= 500):
        return "failed"
    if status[:1] == "4":
        return UNSAID
    return "failed" if code is not None else ""


def rejected_by_rule(letter: Letter) -> list[Finding]:
    """The recipient of a disposition notification that is in truth a rejection; [] for a receipt or a vacation."""
    if not _REJECTED.search(letter.text[:4_000]) and not _REJECTED.search(letter.header("subject")):
        return []
    found: list[Finding] = []
    for leaf in letter.leaves:
        if leaf.content_type == "leaf/disposition-notification":
            _, groups = fields.groups(leaf.text)
            found.extend(_finding({**group, "action": "failed"}) for group in groups)
    words = letter.text[:2_000]
    return [Finding(f.address, f.original, "failed", "", words) for f in found if f.address]


def _finding(group: fields.Group) -> Finding:
    final = addresses.clean(group.get("final-recipient", ""))
    written_to = addresses.clean(group.get("original-recipient", ""))
    if "+" in written_to and (plain := addresses.without_xtext(written_to)).lower() in (final.lower(), plain.lower()):
        written_to = plain if addresses.is_address(plain) else written_to
    actual = addresses.clean(group.get("x-actual-recipient", "")) or addresses.clean(
        group.get("localized-recipient", "")
    )
    address = final or written_to or actual
    status = codes.status_in(group.get("status", "")) or _delivered_status(group.get("status", ""))
    return Finding(
        address=address,
        original=written_to if written_to.lower() != address.lower() else "",
        action=action_of(group.get("action", ""), status, group.get("diagnostic-code", "")),
        status=status,
        diagnostic=group.get("diagnostic-code", "")[:2_000],
        mta=group.get("remote-mta", "")[:255],
    )


def _delivered_status(field: str) -> str:
    found = re.match(r"\s{0,9}(2\.\d\.\d{1,3})", field)
    return found.group(1) if found else ""


def _looks_like_one(leaf: Leaf) -> bool:
    if leaf.content_type.startswith("leaf/"):
        return leaf.content_type not in (
            "leaf/rfc822",
            "leaf/global",
            "leaf/disposition-notification",
            "leaf/feedback-report",
        ) and bool(_MACHINE.search(leaf.text))
    named = leaf.filename.lower().endswith((".dsn", "status.txt", "details.txt", "delivery-status"))
    head = leaf.text[:4_000]
    return bool(_MACHINE.search(head) and _ACTION.search(head)) and (
        named
        or bool(
            re.match(
                (
                    r"\s*(?:Reporting-MTA|Final-Recipient|Original-Recipient|Original-Envelope-Id|"
                    r"Arrival-Date)\s{0,8}:"
                ),
                head,
                re.I,
            )
        )
    )
