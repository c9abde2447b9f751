"""Machine-readable headers of a report that has no machine part."""

from __future__ import annotations

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
    """The recipients the header names, each with what the body says about it; the body may know the real name."""
    for name, _ in HEADERS:
        value = page.letter.header(name)
        named = [clean for piece in value.split(",")[:MAX_NAMED] if (clean := addresses.clean(piece))]
        if named:
            said = {finding.address.lower(): finding for finding in blocks.after(page.lines, 0)}
            return [said.get(address.lower(), Finding(address=address)) for address in dict.fromkeys(named)]
    return []
