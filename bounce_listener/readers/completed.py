"""Reports that name only the part before the @: completed from the returned message's own To line.

| system | how it looks | source |
| --- | --- | --- |
| GroupWise, NetWare gateways | “… undeliverable to the following:” and `ann (user not found)` | its reports |
| Exim and Sendmail for local mail | the bare local part as a line of its own | seen |

The only use made of the returned message: a name that the report itself says failed must stand in its To.
"""

from __future__ import annotations

import re

from bounce_listener.readers import addresses, listed
from bounce_listener.readers.page import Page
from bounce_listener.readers.verdict import Finding

_NAME = re.compile(
    r"^[ \t<*]{0,16}([A-Za-z0-9][\w.+'-]{0,62}[A-Za-z0-9])>?[ \t]{0,4}(?:\(([^()]{2,200})\)|"
    r"[:,-] .{2,200}|$)"
)
_TO = re.compile(r"^(?:To|Cc|X-Original-To|Delivered-To): ?([^\n]{1,998})", re.MULTILINE | re.IGNORECASE)
MAX_NAMES = 50


def read(page: Page) -> list[Finding]:
    """Names under a heading that announces failed recipients, each with the one address in To that begins so."""
    known = _returned_to(page)
    if not known:
        return []
    found: dict[str, Finding] = {}
    for number, line in enumerate(page.lines):
        if not listed.HEADING.search(line):
            continue
        for below in page.lines[number + 1 : number + 1 + MAX_NAMES]:
            name = _NAME.match(below)
            address = known.get(name.group(1).lower()) if name is not None else None
            if address:
                found.setdefault(address, Finding(address=address, diagnostic=below.strip()))
        if found:
            break
    return list(found.values())


def _returned_to(page: Page) -> dict[str, str]:
    """Local part to address, from the returned message's headers; a local part that two addresses share is left out."""
    headers = [
        leaf.text[:8_000] for leaf in page.letter.leaves if leaf.content_type in ("leaf/rfc822", "text/rfc822-headers")
    ]
    headers.append(page.letter.text[len(page.text) :][:8_000])
    known: dict[str, str] = {}
    for text in headers:
        for line in _TO.finditer(text):
            for match in addresses.CANDIDATE.finditer(line.group(1)):
                address = addresses.clean(match.group())
                local = address.partition("@")[0].lower()
                if address and address.lower() not in page.strangers:
                    known[local] = address if known.get(local, address) == address else ""
    return known
