"""Reports that name only a part of the address, or nothing: completed from the returned message’s own To line.

| system | how it looks | source |
| --- | --- | --- |
| GroupWise, NetWare gateways | “… undeliverable to the following:” and `ann (user not found)` | its reports |
| Exim and Sendmail for local mail | the bare local part as a line of its own | seen |
| Google Groups | “the group you tried to contact (clinic) may not exist” | its reports |
| InterMail, hosts without a name | “Host patient.example not found” | its reports |

Nobody is failed by the returned message alone: the report must say that its message did not arrive, and the header
must leave no choice.
"""

from __future__ import annotations

import re
from collections import Counter

from bounce_listener.readers import addresses, listed, outcome
from bounce_listener.readers.page import Page
from bounce_listener.readers.verdict import Finding

_NAME = re.compile(
    r"^[ \t<*]{0,16}([A-Za-z0-9][\w.+'-]{0,62}[A-Za-z0-9])>?[ \t]{0,4}(?:\(([^()]{2,200})\)|"
    r"[:,-] .{2,200}|$)"
)
MAX_NAMES = 50
_LIST = re.compile(r"^(?:List-\w{2,20}|Mailing-List|Precedence: ?(?:bulk|list)|X-Mailing-List)", re.MULTILINE | re.I)


def read_names(page: Page) -> list[Finding]:
    """Names under a heading that announces failed recipients, each with the one address in To that begins so."""
    theirs = _theirs(page)
    shared = Counter(_local(one) for one in theirs)
    known = {_local(one): one for one in theirs if shared[_local(one)] == 1}
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


def read_mentioned(page: Page) -> list[Finding]:
    """The one address in To whose name or domain the words mention, or the only one there is."""
    if not outcome.says_not_delivered(page.subject, page.text):
        return []
    theirs = _theirs(page)
    words = set(re.findall(r"[\w.+-]{3,255}", page.text[:8_000].lower()))
    names = {word.strip(".-") for word in words}
    meant = [one for one in theirs if _local(one) in names or one.rpartition("@")[2].lower() in names]
    if not meant and not _LIST.search(page.returned_headers):
        meant = theirs
    return [Finding(address=meant[0], diagnostic=page.text[:2_000].strip())] if len(meant) == 1 else []


def _theirs(page: Page) -> list[str]:
    return [one for one in page.written_to if one.lower() not in page.strangers and not addresses.is_machinery(one)]


def _local(address: str) -> str:
    return address.partition("@")[0].lower()
