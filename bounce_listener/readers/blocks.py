"""Addresses that stand at the start of a line, each with what is said about it: the shape of most text reports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from bounce_listener.readers import addresses
from bounce_listener.readers.verdict import Finding

MAX_FOUND = 1_000
MAX_SAID = 40  # lines of diagnostic for one address

_ADDRESS = (
    r"(?P<address>\"[^\"\n]{1,62}\"@[\w.-]{1,255}|[^\s<>()\[\]\",;:|\\]{1,64}@[^\s<>()\[\]\",;:|"
    r"\\/?]{1,255})"
)
# Bullet, quote or bracket, the address, and the rest of the line.
_LINE = re.compile(
    r"^[ \t>*•·○●|+~\-–]{0,24}(?:\d{1,3}[.)][ \t]{1,4})?(?:rfc822;|SMTP[:;])?[<\"'(\[“「]{0,2}"
    + _ADDRESS
    + r"[>\"')\]”」]{0,2}(?P<rest>.*)$",
    re.IGNORECASE,
)
# "Ann Smith <ann@…>", "'Ann' (ann@…)", "Ann<mailto:ann@…>": a name before a bracketed address that ends the line.
_NAMED = re.compile(
    r"^[ \t>*•·-]{0,24}[^<(@:;=\d][^<(@:;=]{0,80}[<(\[](?:mailto:|SMTP:)?"
    + _ADDRESS
    + r"[>)\]]{1,2}(?P<rest>[ \t]{0,8}(?:[:\[(<.,-].{0,200})?)$",
    re.IGNORECASE,
)
_FROM = re.compile(
    (
        r"(?:expanded|generated|forwarded|redirected|original(?:ly)?)(?: (?:from|address|"
        r"to))?:? ?<?([^\s<>()]{1,64}@[^\s<>()]{1,255})>?"
    ),
    re.IGNORECASE,
)
# "(expanded from: <ann@…>)" below a pipe or a file: the only address that is told.
_ORIGIN_LINE = re.compile(
    r"^[ \t]{0,16}\((?:expanded|generated|ultimately generated) from:? "
    r"<?(?P<address>[^\s<>()]{1,64}@[^\s<>()]{1,255}?)>?\)",
    re.I,
)
_STRICT_REST = re.compile(r"\s{0,4}(?:\((?:expanded|generated|ultimately|reason)[^\n]{0,300})?:(?:\s|$)")


_UNFINISHED = re.compile(r"[\w,]$")  # an address after it is part of the sentence

# After these words the list is over ("for help write to …"); they still belong to its last address.
_END = re.compile(
    (
        r"^\W{0,12}(?:for (?:further|more|help|assist|additional|any)|please|if you|contact|"
        r"transcript|session|additional inf|reporting|technical|"
        r"the following sentences|sender|original|message-id|subject|from|reply|sincerely|regards|"
        r"thank)\b"
    ),
    re.IGNORECASE,
)


# Whom to ask for help stands near such words, and is nobody's failure.
_HELP = re.compile(
    (
        r"contact|support|help|assist|write to|questions?|report (?:this|it)|feedback|連絡|問い?合わ?せ|サポート|"
        r"場合は|kontakt|contacte|обрат"
    ),
    re.IGNORECASE,
)


def strict(lines: list[str]) -> list[Finding]:
    """Only lines `<ann@example.org>: …`: they need no heading to be believed."""
    return _collect(lines, strict=True)


def after(lines: list[str], start: int) -> list[Finding]:
    """Every address that begins a line from `start` on, as long as the list goes on."""
    return _collect(lines[start:], strict=False)


def _collect(lines: list[str], *, strict: bool) -> list[Finding]:
    found: list[Finding] = []
    said: list[str] = []
    first_indent, ended, before = 0, False, ""
    for line in lines:
        closing = not strict and bool(_END.match(line))
        ended = ended or (closing and bool(found))
        match = None
        if "@" in line and not ended and not closing:
            match = _LINE.match(line) or (None if strict or _HELP.search(line) else _NAMED.match(line))
            if match is None and not strict and not found:
                match = _ORIGIN_LINE.match(line)
        address = ""
        goes_on = bool(found) and line[:1] == "<" and bool(_UNFINISHED.search(before))
        before = line
        if match is not None and not goes_on and (not strict or _STRICT_REST.match(match["rest"])):
            address = addresses.clean(match["address"].rstrip("."))
        indent = len(line) - len(line.lstrip())
        if address and found and indent > first_indent + 1:
            address = ""  # deeper than the list: part of what is said about the last one
        if not strict and addresses.is_machinery(address):
            address = ""
        if address and not (found and found[-1].address.lower() == address.lower()):
            _close(found, said)
            if not found:
                first_indent = indent
            said = [match.groupdict().get("rest", "").strip(" :\t")] if match is not None else []
            found.append(Finding(address=address))
            if len(found) >= MAX_FOUND:
                break
        elif found and len(said) < MAX_SAID:
            said.append(line.strip())
    _close(found, said)
    return found


def _close(found: list[Finding], said: Iterable[str]) -> None:
    if not found:
        return
    words = "\n".join(said).strip()[:2_000]
    origin = _FROM.search(words[:400])
    original = addresses.clean(origin.group(1)) if origin is not None else ""
    found[-1] = replace(found[-1], diagnostic=words, original=original)


def merged(found: list[Finding]) -> list[Finding]:
    """One finding for each address, keeping the longer diagnostic."""
    best: dict[str, Finding] = {}
    for finding in found:
        key = finding.address.lower()
        if key not in best or len(finding.diagnostic) > len(best[key].diagnostic):
            best[key] = replace(finding, original=finding.original or (best[key].original if key in best else ""))
    return list(best.values())
