"""Text of cells, made safe for one line of a message or a page."""

import re
import unicodedata

# Controls and line ends; then what is not seen and can hide or turn round what is: zero-width, bidirectional.
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HIDDEN = re.compile(r"[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]+")


def one_line(text: str) -> str:
    """The text on one line: line breaks and controls become a space, hidden characters go, ends are trimmed."""
    if text.isprintable():
        return text.strip()
    text = _HIDDEN.sub("", _BREAKS.sub(" ", text))
    return " ".join(text.split())


def as_written(text: str, limit: int) -> str:
    """The text for a person to find in their file, with signs for what cannot be seen, cut to `limit` characters."""
    shown = text[: limit + 1]
    if not shown.isprintable():
        shown = "".join(map(_seen, shown))
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def _seen(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return chr(0x2400 + ord(character)) if character < " " else "\N{REPLACEMENT CHARACTER}"
