"""The HTML side of an email: the same words as the plain text, set simply, for a phone as much as for a desktop.

Paragraphs, line breaks and links for bare https addresses; everything else is escaped. No picture, no script, nothing
fetched from anywhere: mail programs would ask the patient about it, and it would tell somebody that they read it.

Each line of the text becomes one line of HTML, which depends on its neighbours only by whether they are blank. So the
lines that all patients share are made once (email_parts).
"""

import re
from collections.abc import Sequence
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
    '<div style="padding:8px 20px 24px">'
)
AFTER = "</div>\n</div>\n</body>\n</html>"
_PARAGRAPH = '<p style="margin:16px 0;overflow-wrap:anywhere">'


def html_part(subject: str, text: str, practice: str) -> str:
    """A complete document. All three are plain text and come out escaped."""
    lines = text.split("\n")
    body = (line_between(lines, place, line) for place, line in enumerate(lines))
    return "\n".join([before(subject, practice), *body, AFTER])


def before(subject: str, practice: str) -> str:
    """The document up to its first line of words."""
    return _BEFORE.format(title=escape(subject), practice=escape(practice))


def line_between(lines: Sequence[str], place: int, line: str) -> str:
    """The line at that place as HTML, with the ends of its paragraph where its neighbours are blank."""
    opening, closing = ends(lines, place)
    return f"{opening}{escaped(line)}{closing}" if line.strip() else ""


def ends(lines: Sequence[str], place: int) -> tuple[str, str]:
    """What stands before and after the line at that place."""
    first = place == 0 or not lines[place - 1].strip()
    last = place == len(lines) - 1 or not lines[place + 1].strip()
    return _PARAGRAPH if first else "", "</p>" if last else "<br>"


def escaped(line: str) -> str:
    """Text as HTML, its https addresses as links."""
    if "https://" not in line:
        return escape(line)
    done, end = [], 0
    for match in _LINK.finditer(line):
        address = match[0].rstrip(_NOT_PART_OF_A_LINK)
        done.append(escape(line[end : match.start()]))
        done.append(f'<a href="{escape(address)}" style="color:#005eb8">{escape(address)}</a>')
        end = match.start() + len(address)
    done.append(escape(line[end:]))
    return "".join(done)
