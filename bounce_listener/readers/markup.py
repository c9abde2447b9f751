"""HTML to the text that a person sees. Linear time; not a sanitiser: the result is still untrusted text."""

from __future__ import annotations

import html
import re

_BLOCK = re.compile(r"<(?:br|/?p|/?div|/?tr|/?td|/?li|/?h[1-6]|/?table|hr|/?pre|/?blockquote)\b[^<>]*>", re.IGNORECASE)
# A name of a tag, not an address in brackets: "<ann@example.org>" stays.
_TAG = re.compile(r"</?[a-z!][a-z0-9:!-]{0,20}(?=[\s/>])[^<>]{0,4000}>", re.IGNORECASE)
_MAIL_LINK = re.compile(r"<a\b[^<>]{0,400}?href\s?=\s?[\"']?mailto:([^\s\"'<>?]{3,320})[^<>]{0,400}>", re.IGNORECASE)
_JOINING = ("<span", "</span", "<b>", "</b>", "<i>", "</i>", "<wbr")  # parts of one word may stand on both sides
_BLANK = re.compile(r"[ \t\xa0]+")


def to_text(markup: str) -> str:
    """Lines for blocks, no tags, entities resolved; scripts, styles and comments left out."""
    for opening, closing in (("<style", "</style>"), ("<script", "</script>"), ("<head", "</head>"), ("<!--", "-->")):
        markup = _without(markup, opening, closing)
    text = html.unescape(_TAG.sub(_inline, _BLOCK.sub("\n", markup)))
    if "@" not in text:  # shown as a name that links to it
        text = html.unescape(_TAG.sub(_inline, _MAIL_LINK.sub(r" \1 ", _BLOCK.sub("\n", markup))))
    return "\n".join(_BLANK.sub(" ", line).strip() for line in text.split("\n"))


def _inline(tag: re.Match[str]) -> str:
    return "" if tag.group().lower().startswith(_JOINING) else " "


def _without(markup: str, opening: str, closing: str) -> str:
    lowered = markup.lower()
    if opening not in lowered or len(lowered) != len(markup):
        return markup
    kept, at = [], 0
    while (start := lowered.find(opening, at)) >= 0:
        kept.append(markup[at:start])
        end = lowered.find(closing, start)
        if end < 0:
            if opening == "<head":  # an unclosed head hides everything: keep it
                kept.append(markup[start:])
            return "".join(kept)
        at = end + len(closing)
    kept.append(markup[at:])
    return "".join(kept)
