"""The HTML side of an email: the same words as the plain text, set simply, for a phone as much as for a desktop.

Paragraphs, line breaks and links for bare https addresses; everything else is escaped. No picture, no script, nothing
fetched from anywhere: mail programs would ask the patient about it, and it would tell somebody that they read it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape

_LINK = re.compile(r"https://[^\s<>\"'\x00-\x1f]{1,2000}")
_NOT_PART_OF_A_LINK = ".,;:!?)]}’”…"

_BEFORE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n</head>\n'
    '<body style="margin:0;padding:0;background:#f0f4f5">\n'
    '<div style="max-width:600px;margin:0 auto;background:#ffffff;'
    'font-family:Arial,Helvetica,sans-serif;font-size:19px;line-height:1.5;color:#212b32">\n'
    '<div style="padding:16px 20px;background:#005eb8;color:#ffffff;font-weight:bold">{practice}</div>\n'
    '<div style="padding:8px 20px 24px">\n'
)
_AFTER = "\n</div>\n</div>\n</body>\n</html>"
_PARAGRAPH = '<p style="margin:16px 0;overflow-wrap:anywhere">'


def html_part(subject: str, text: str, practice: str) -> str:
    """A complete document. All three are plain text and come out escaped."""
    head = _BEFORE.format(title=escape(subject), practice=escape(practice))
    paragraphs = "</p>\n".join(_PARAGRAPH + "<br>\n".join(lines) for lines in _paragraphs(text))
    return f"{head}{paragraphs}</p>{_AFTER}"


def _paragraphs(text: str) -> Iterator[list[str]]:
    """Lines between blank ones, escaped; at least one paragraph."""
    lines: list[str] = []
    for line in text.strip().split("\n"):
        if line.strip():
            lines.append(_line(line))
        elif lines:
            yield lines
            lines = []
    yield lines


@lru_cache(maxsize=1_000)
def _line(text: str) -> str:
    """Most lines of a message are the same for every patient."""
    return _with_links(text) if "https://" in text else escape(text)


def _with_links(text: str) -> str:
    done, end = [], 0
    for match in _LINK.finditer(text):
        address = match[0].rstrip(_NOT_PART_OF_A_LINK)
        done.append(escape(text[end : match.start()]))
        done.append(f'<a href="{escape(address)}" style="color:#005eb8">{escape(address)}</a>')
        end = match.start() + len(address)
    done.append(escape(text[end:]))
    return "".join(done)
