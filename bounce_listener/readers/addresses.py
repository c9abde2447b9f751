"""Addresses as reports write them, and the guard that says what may count as one.

Plain addresses are recognised here. For an odd one (quoted local part, non-ASCII) flanker's grammar is asked, and
its answer counts only when it equals the question: flanker silently answers another address ("ann, bob@x" is bob@x).
"""

from __future__ import annotations

import logging
import re
import warnings
from functools import cache
from typing import Any

MAX_ADDRESS = 320

_PLAIN = re.compile(
    (
        r"[a-z0-9!#$%&'*+/=?^_`{|"
        r"}~.-]{1,64}@(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\.?$"
    ),
    re.I,
)
# Letters of any script (RFC 6531), no punctuation of any.
_INTERNATIONAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}$")
# East Asian words stand beside an address without a space.
_BESIDE = re.compile(
    r"^[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]+(?=[a-z0-9])|"
    r"(?<=[a-z0-9])[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]+$",
    re.I,
)
_QUOTED = re.compile(r"\"[^\"\\]{1,62}\"$")
_TYPE = re.compile(r"(?:rfc-?822|utf-8|unknown|smtp|local|x-\w{1,20}|dns)\s{0,9}[;/:]\s{0,9}", re.I)
_ANGLED = re.compile(r"<([^<>\s]{1,320})>")
_COMMENT = re.compile(r"\([^()]{0,400}\)")
_HEXED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_SOURCE_ROUTE = re.compile(r"@[\w.,@-]{1,255}:")
# Where an address may stand in running text. The guard looks at each match.
CANDIDATE = re.compile(
    r"\"[^\"\s@]{1,62}\"@[\w.-]{1,255}|[^\s<>()\[\]{}\",;:@|\\=（）「」『』《》【】“”，。、：；]{1,64}@[^\s<>()\[\]\",;:@|（）「」『』《》【】“”，。、：；"
    r"\\/?!'`]{1,255}"
)

# Nobody's mailbox: what reports name as help, as themselves, or as machinery.
_SYSTEM_NAMES = re.compile(r"(?:mailer[-_.]?daemon|post[-_.]?ma?ster|majordomo|root|daemon)$", re.I)


def clean(value: str) -> str:
    """The address in a field value or a line: type, brackets, comments, xtext and trailing marks taken off; or ""."""
    value = value.strip()[: MAX_ADDRESS * 2]
    value = _TYPE.sub("", value, count=1) if _TYPE.match(value) else value
    if (angled := _ANGLED.search(value)) is not None and "@" in angled.group(1):
        value = angled.group(1)
    elif "(" in value:
        value = _COMMENT.sub("", value)
    value = value.strip().strip("<>[](),;:'").strip()
    if value[:7].lower() == "mailto:":
        value = value[7:]
    if value.startswith("@") and (route := _SOURCE_ROUTE.match(value)) is not None:
        value = value[route.end() :]
    if "\\x{" in value:
        value = _HEXED.sub(lambda found: _character(found.group(1)), value)
    value = value.rstrip(".")
    if not value.isascii():
        value = _BESIDE.sub("", value)
    return value if is_address(value) else ""


def all_in(text: str) -> list[str]:
    """Every address in running text, at most 1,000 characters of it."""
    return [clean(found.group().rstrip(".")) for found in CANDIDATE.finditer(text[:1_000]) if clean(found.group())]


def without_xtext(address: str) -> str:
    """ORCPT whose xtext (RFC 3461) was left in: "o+2Bclinic@" was o+clinic@."""
    return _XTEXT.sub(lambda found: _printable(found), address)


def is_address(text: str) -> bool:
    """True for one address with a dotted domain and lengths of RFC 5321; odd ones by flanker's grammar."""
    if _PLAIN.match(text):
        return len(text) <= 254 and ".." not in text.partition("@")[2]
    if text.count("@") != 1 or len(text) > 254 or not text.isprintable() or text.endswith("@"):
        return False
    local, _, domain = text.partition("@")
    if not text.isascii():
        return bool(_INTERNATIONAL.match(text))
    return bool(_QUOTED.match(local)) and "." in domain and _grammatical(text)


def is_machinery(address: str) -> bool:
    """True for postmaster, mailer-daemon and their kind."""
    return bool(_SYSTEM_NAMES.match(address.partition("@")[0]))


def _grammatical(text: str) -> bool:
    try:
        parsed = _grammar().parse(text, addr_spec_only=True)
    except Exception:  # a grammar that raises has not accepted
        return False
    return parsed is not None and str(parsed.address).casefold() == text.casefold()


@cache
def _grammar() -> Any:
    """flanker, imported when the first odd address needs it: 0.4 s and 45 MB that plain reports do not pay."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its own, of 2019
        warnings.simplefilter("ignore", SyntaxWarning)
        from flanker.addresslib import address
    logging.getLogger("flanker.addresslib").setLevel(logging.CRITICAL + 1)  # it logs what it cannot read
    return address


def _character(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if 0x20 < number < 0x110000 and not 0xD800 <= number <= 0xDFFF else "\\"


def _printable(found: re.Match[str]) -> str:
    character = chr(int(found.group(1), 16))
    return character if character.isprintable() and character not in " <>@" else found.group(0)
