"""Machine-readable headers of a report that has no machine part."""

from __future__ import annotations

from dataclasses import replace

from bounce_listener.readers import addresses, blocks
from bounce_listener.readers.page import Page
from bounce_listener.readers.verdict import Finding

# (header, who writes it)
HEADERS: tuple[tuple[str, str], ...] = (
    ("x-failed-recipients", "Exim; Gmail; Google Groups; mail.ru; Yandex"),
    ("x-failed-recipient", "Exim-like gateways"),
    ("x-ms-failed-recipients", "gateways in front of Exchange"),
    ("x-actual-recipient", "Exchange, as a header of the report"),
)
MAX_NAMED = 1_000


def read(page: Page) -> list[Finding]:
    """The recipients the header names, each with what the body says about it.

    Where header and body name one each and disagree (a forwarded report, an alias), both are reported.
    """
    for name, _ in HEADERS:
        value = page.letter.header(name)
        named = [clean for piece in value.split(",")[:MAX_NAMED] if (clean := addresses.clean(piece))]
        if named:
            found = blocks.after(page.lines, 0)
            said = {finding.address.lower(): finding for finding in found}
            if len(named) == len(found) == 1 and named[0].lower() not in said:
                return [replace(found[0], address=named[0], original=found[0].original or found[0].address)]
            return [said.get(address.lower(), Finding(address=address)) for address in dict.fromkeys(named)]
    return []
