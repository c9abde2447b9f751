"""From bytes to text: which of the few encodings that spreadsheets write this file is in."""

import codecs
import io
import re

from messaging.patient_list import refusals

_PIECE = 1 << 18
_KINDS = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "a text document"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
)
_WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml|table)", re.IGNORECASE)
# No one writes these pairs in Windows-1252; they are UTF-8, so a file that has them and is not all UTF-8 is a mixture.
_UTF8_PAIRS = re.compile(rb"\xc3[\x80-\xbf]|\xe2\x80[\x80-\xbf]")
_UNUSED_IN_1252 = b"\x81\x8d\x8f\x90\x9d"
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\x0c\x1a"))


def encoding_of(raw: bytes) -> str:
    """The codec that reads all of `raw`: UTF-8 or UTF-16 with or without their mark, else Windows-1252.

    Raises ListRefused for what is no text, or text that could only be guessed.
    """
    for start, what in _KINDS:
        if raw.startswith(start):
            raise refusals.not_a_list(what)
    if _WEB_PAGE.match(raw):
        raise refusals.not_a_list("a web page or XML")
    if raw.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise refusals.unreadable_letters()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(raw, "utf-16")
    if unmarked := _unmarked_utf16(raw):
        return _checked(raw, unmarked)
    beginning = raw[:_PIECE]
    if len(beginning) - len(beginning.translate(None, _CONTROLS)) > max(16, len(beginning) // 50):
        raise refusals.not_a_list("computer data")
    if raw.startswith(codecs.BOM_UTF8):
        return _checked(raw, "utf-8-sig")
    if _decodes(raw, "utf-8"):
        return "utf-8"
    if _UTF8_PAIRS.search(raw) or any(byte in raw for byte in _UNUSED_IN_1252):
        raise refusals.unreadable_letters()
    return "cp1252"


def open_text(raw: bytes, encoding: str) -> io.TextIOWrapper:
    """The text as a stream, decoded as it is read, with line ends as they are in the file."""
    return io.TextIOWrapper(io.BytesIO(raw), encoding=encoding, newline="")


def _unmarked_utf16(raw: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of English text is zero."""
    beginning = raw[:4096]
    pairs = len(beginning) // 2
    if pairs < 8:
        return None
    if beginning[1::2].count(0) > pairs * 0.7 and beginning[::2].count(0) < pairs * 0.1:
        return "utf-16-le"
    if beginning[::2].count(0) > pairs * 0.7 and beginning[1::2].count(0) < pairs * 0.1:
        return "utf-16-be"
    return None


def _checked(raw: bytes, encoding: str) -> str:
    if not _decodes(raw, encoding):
        raise refusals.unreadable_letters()
    return encoding


def _decodes(raw: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(raw), _PIECE):
            decoder.decode(raw[start : start + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
