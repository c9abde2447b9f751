"""The fields of a machine part (RFC 3464 section 2), read tolerantly from decoded text.

Blank lines part the recipients, but are not trusted alone: a second Final-Recipient begins another recipient too, and a
group that has told nothing yet goes on after a blank line. Spaces before the colon, folding, indentation: all taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_GROUPS = 1_000
MAX_VALUE = 4_000

Group = dict[str, str]

_FIELD = re.compile(r"[ \t>]{0,8}([A-Za-z][A-Za-z0-9-]{2,40})[ \t]{0,8}:[ \t]{0,8}(.*)")
_RECIPIENT = ("final-recipient", "original-recipient")
_KNOWN = frozenset(
    {
        *("reporting-mta", "original-envelope-id", "received-from-mta", "arrival-date", "dsn-gateway"),
        *("original-recipient", "final-recipient", "action", "status", "diagnostic-code", "remote-mta"),
        *("last-attempt-date", "will-retry-until", "final-log-id", "localized-recipient", "x-actual-recipient"),
    }
)


def fields(text: str) -> Iterator[tuple[str, str] | None]:
    """Name (lower case) and unfolded value of each field; None for a blank line."""
    name, value = "", ""
    for line in text.split("\n"):
        if not line.strip():
            if name:
                yield name, value
                name = ""
            yield None
            continue
        found = _FIELD.match(line)
        known = found is not None and found.group(1).lower() in _KNOWN
        indented = line[0] in " \t"
        if found is not None and (known or not indented):
            if name:
                yield name, value
            name, value = found.group(1).lower(), found.group(2).strip()[:MAX_VALUE]
        elif name and (indented or name == "diagnostic-code") and len(value) < MAX_VALUE:
            value = f"{value} {line.strip()}"[:MAX_VALUE]
    if name:
        yield name, value


def groups(text: str) -> tuple[Group, list[Group]]:
    """The fields about the whole message, and one group for each recipient (at most 1,000)."""
    about: Group = {}
    found: list[Group] = []
    current: Group = {}
    for field in fields(text):
        names_one = any(name in current for name in _RECIPIENT)
        if field is None:
            if names_one and ("action" in current or "status" in current):
                found.append(current)
                current = {}
        else:
            name, value = field
            if name in _RECIPIENT and (name in current or (names_one and "diagnostic-code" in current)):
                found.append(current)
                current = {}
            elif name in ("reporting-mta", "arrival-date", "received-from-mta", "original-envelope-id"):
                about.setdefault(name, value)
                continue
            current.setdefault(name, value)
        if len(found) >= MAX_GROUPS:
            return about, found[:MAX_GROUPS]
    if any(name in current for name in (*_RECIPIENT, "action", "status")):
        found.append(current)
    return about, found
