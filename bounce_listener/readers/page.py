"""The page that text readers read: the report’s own words, cut before the returned message, as lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bounce_listener.readers import addresses, returned
from bounce_listener.readers.letter import Letter

MAX_LINES = 4_000
MAX_LINE = 4_000


@dataclass(frozen=True)
class Page:
    """Subject and words of a report."""

    letter: Letter

    @cached_property
    def subject(self) -> str:
        return self.letter.header("subject")

    @cached_property
    def text(self) -> str:
        """Before the returned message; typographic marks made plain, so that patterns need one spelling."""
        return returned.cut(self.letter.text).replace("\xa0", " ").replace("’", "'").replace("\u3000", " ")

    @cached_property
    def lines(self) -> list[str]:
        return [line[:MAX_LINE].rstrip() for line in self.text.split("\n", MAX_LINES)[:MAX_LINES]]

    @cached_property
    def strangers(self) -> frozenset[str]:
        """Addresses that are surely not the failed one: whom the report is from, to, and answered to."""
        names = ("from", "to", "reply-to", "sender", "return-path", "delivered-to", "errors-to", "x-original-to")
        found: set[str] = set()
        for name in names:
            for match in addresses.CANDIDATE.finditer(self.letter.header(name)):
                found.add(addresses.clean(match.group()).lower())
        return frozenset(found)
