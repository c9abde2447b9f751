"""A report inside another letter: what a filter or a provider passed on whole, adding only its own notice.

| who wraps | how | source |
| --- | --- | --- |
| InterScan, disclaimer filters | the report as message/rfc822 beside a footer | seen |
| OCN and other Japanese providers | the report as text below their own words | seen |

Only asked when the outer letter, which must come from a machine, names nobody itself. A returned message is never
opened: what is inside must be a mail system's own report, to be looked at as if it had come alone.
"""

from __future__ import annotations

import re

from bounce_listener.readers import kinds
from bounce_listener.readers.letter import Letter

_HEADERS = re.compile(
    r"^(?:From .{0,200}\n)?(?:Return-Path|Received|Date|From|Subject|Message-Id): ", re.MULTILINE | re.IGNORECASE
)


def inner(letter: Letter) -> Letter | None:
    """The report inside, or None. Never more than one level deep."""
    if not kinds.from_a_machine(letter):
        return None
    for leaf in letter.leaves[:8]:
        text = leaf.text
        if leaf.content_type == "text/plain":
            start = _HEADERS.search(text)
            text = text[start.start() :] if start is not None else ""
        elif leaf.content_type != "leaf/rfc822":
            continue
        if "ecipient" in text:
            within = Letter(text.encode("utf-8", "replace"))
            if kinds.from_a_machine(within) and kinds.may_be_report(within):
                return within
    return None
