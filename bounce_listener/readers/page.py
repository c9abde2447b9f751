"""The page that text readers read: the report’s own words, cut before the returned message, as lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from bounce_listener.readers import addresses, returned
from bounce_listener.readers.letter import Letter

MAX_LINES = 4_000
MAX_LINE = 4_000
MAX_HEADERS = 8_000  # characters of a returned message

_NAMING = ("from", "to", "reply-to", "sender", "return-path", "delivered-to", "errors-to", "x-original-to")
_TO = re.compile(
    r"^[>|\t ]{0,8}(?:To|Cc|X-Original-To|Delivered-To): ?([^\n]{1,998}(?:\n[ \t][^\n]{1,998}){0,3})", re.M | re.I
)
_FROM = re.compile(r"^[>|\t ]{0,8}(?:From|Sender|Reply-To|Return-Path|Errors-To): ?([^\n]{1,998})", re.M | re.I)


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
        """Addresses that are surely not the failed one: whom the report is from, to and answered to; our own sender.

        Somebody who wrote to themselves is no stranger; whoever sends the report always is.
        """
        near = {one.lower() for name in _NAMING for one in addresses.all_in(self.letter.header(name))}
        reporter = {one.lower() for name in ("from", "sender") for one in addresses.all_in(self.letter.header(name))}
        return frozenset(((near | self.written_from) - {one.lower() for one in self.written_to}) | reporter)

    @cached_property
    def returned_headers(self) -> str:
        """The first lines of the message that was returned. Only ever used to bear out what the report itself says."""
        inside = [
            leaf.text[:MAX_HEADERS]
            for leaf in self.letter.leaves
            if leaf.content_type in ("leaf/rfc822", "text/rfc822-headers")
        ]
        inside.append(self.letter.text[len(self.text) :][:MAX_HEADERS])
        return "\n".join(inside)

    @cached_property
    def written_to(self) -> tuple[str, ...]:
        """Whom the returned message was written to, by its own header; nobody when it is itself a mail system’s."""
        if any(addresses.is_machinery(one) for one in self.written_from):
            return ()
        return tuple(dict.fromkeys(one for to in _TO.findall(self.returned_headers) for one in addresses.all_in(to)))

    @cached_property
    def written_from(self) -> frozenset[str]:
        """Whom the returned message came from, by its own header."""
        senders = _FROM.findall(self.returned_headers)
        return frozenset(one.lower() for sender in senders for one in addresses.all_in(sender))
