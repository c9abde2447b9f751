"""A message as a tree of parts: the standard library's, and a short way to the same tree for well-formed mail.

The standard library compiles a pattern for every new boundary and asks one of every line, which is most of what reading
a report costs. Mail without any oddity needs neither; whatever is odd in any way goes to the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from typing import Any

MAX_PARTS = 200
MAX_HEADER = 4_000  # characters of one header value

_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)", re.DOTALL)  # RFC 5322 section 2.2


class Part(Message):
    """A part that reads `message/*` as a leaf: returned messages are never parsed, and nothing recurses into them.

    Its header is complete before it is asked about, so what is asked often is worked out once.
    """

    _first: dict[str, str] | None = None
    _kind = ""

    def get(self, name: str, failobj: Any = None) -> Any:
        """The first such header, cut: long parameter lists cost the standard library quadratic time."""
        if self._first is None:
            self._first = {}
            for key, value in self.raw_items():
                self._first.setdefault(key.lower(), str(value)[:MAX_HEADER])
        return self._first.get(name.lower(), failobj)

    def get_content_type(self) -> str:
        if not self._kind:
            kind = super().get_content_type()
            self._kind = "leaf/" + kind[8:] if kind.startswith("message/") else kind
        return self._kind


def parse(raw: bytes) -> Part:
    """`raw` has LF line ends and is within the caps. Never raises."""
    try:
        return short_way(raw) or message_from_bytes(raw, _class=Part)
    except (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError, IndexError):
        bare = Part()  # the parser gave up: all of it is text
        bare.set_payload(raw.decode("ascii", "surrogateescape"))
        return bare


def short_way(raw: bytes) -> Part | None:
    """The tree of one text, or of one multipart of texts; None when anything about it needs a closer look."""
    whole = _one(raw.decode("ascii", "surrogateescape"))
    if whole is None:
        return None
    root, body = whole
    if root.get_content_maintype() != "multipart":
        root.set_payload(body)
        return root
    boundary = root.get_boundary()
    if boundary is None or "\n" in boundary or root.get_content_type() == "multipart/digest":
        return None
    rule, text = f"\n--{boundary}", f"\n{body}"
    pieces = text.split(f"{rule}\n")
    pieces[-1], closing, _ = pieces[-1].partition(f"{rule}--\n")
    if not closing or len(pieces) == 1 or text.count(rule) != len(pieces):
        return None  # no beginning, no end, two of them, or a line that only begins like a boundary
    for piece in pieces[1:]:
        found = _one(piece)
        if found is None or found[0].get_content_maintype() == "multipart":
            return None
        found[0].set_payload(found[1])
        root.attach(found[0])
    return root


def _one(text: str) -> tuple[Part, str] | None:
    """A part and, apart, its content. None unless every line of the header is a field or goes on with one."""
    if text[:1] == "\n":
        header, body = "", text[1:]
    else:
        header, found, body = text.partition("\n\n")
        if not found:
            return None
    part = Part()
    name, value = "", ""
    for line in header.split("\n") if header else ():
        if line[:1] in (" ", "\t") and name:
            value = f"{value}\n{line}"
            continue
        if name:
            part.set_raw(name, value)
        if (field := _FIELD.match(line)) is None:
            return None
        name, value = field.groups()
    if name:
        part.set_raw(name, value)
    return part, body


def walk(root: Part) -> Iterator[Part]:
    """The leaves in order, at most so many."""
    stack, seen = [root], 0
    while stack and seen < MAX_PARTS:
        part = stack.pop()
        seen += 1
        if part.is_multipart():
            payload = list(part.get_payload())
            stack.extend(inner for inner in reversed(payload[:MAX_PARTS]) if isinstance(inner, Part))
        else:
            yield part
