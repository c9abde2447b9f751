"""The HTML side of an email: the same words as the plain text, set simply, for a phone as much as for a desktop.

Paragraphs, line breaks and links for bare https addresses; everything else is escaped. No picture, no script, nothing
fetched from anywhere: mail programs would ask the patient about it, and it would tell somebody that they read it.
"""

import re
from html import escape

_PARAGRAPHS = re.compile(r"<br>\n[ \t]*<br>\n(?:\s|<br>)*")  # two ends of lines or more
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
_BETWEEN = f"</p>\n{_PARAGRAPH}"


def html_part(subject: str, text: str, practice: str) -> str:
    """A complete document. All three are plain text and come out escaped."""
    words = _with_links(text) if "https://" in text else escape(text)
    paragraphs = _PARAGRAPHS.split(words.strip().replace("\n", "<br>\n")) if "\n" in words else [words]
    head = _BEFORE.format(title=escape(subject), practice=escape(practice))
    return f"{head}{_PARAGRAPH}{_BETWEEN.join(paragraphs)}</p>{_AFTER}"


def _with_links(text: str) -> str:
    done, end = [], 0
    for match in _LINK.finditer(text):
        address = match[0].rstrip(_NOT_PART_OF_A_LINK)
        done.append(escape(text[end : match.start()]))
        done.append(f'<a href="{escape(address)}" style="color:#005eb8">{escape(address)}</a>')
        end = match.start() + len(address)
    done.append(escape(text[end:]))
    return "".join(done)
