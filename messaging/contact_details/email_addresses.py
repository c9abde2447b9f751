"""Email addresses: one in a cell, such as every mail system takes."""

import re
import warnings
from functools import lru_cache
from types import ModuleType
from typing import NoReturn
from unicodedata import category

from messaging.contact_details.domain_slips import meant_domain
from messaging.contact_details.refused import CORRECT_IT, Refused

# Plain addresses, which nearly all are: settled here because email-validator takes 50 times as long. Whatever this
# does not match is put to email-validator; tests prove that what it does match gets the same answer from both.
_PLAIN_ADDRESS = re.compile(
    r"[a-z0-9_+'-]+(?:\.[a-z0-9_+'-]+)*"
    r"@(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+"
    r"(?!(?:arpa|invalid|local|localhost|onion|test)$)[a-z]{2,63}",
    re.IGNORECASE | re.ASCII,
)
_BETWEEN_ADDRESSES = re.compile(r"[;,|/\\&\s]+|\b(?:and|or)\b")
_INVISIBLE_ENDS = " \t\r\n\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def email_address(text: str) -> str:
    """The one address in a cell, as mail is sent to it: domain in lower-case ASCII. Raises Refused; asks no network."""
    address = text.strip()
    if _PLAIN_ADDRESS.fullmatch(address):
        local, _, domain = address.rpartition("@")
        if len(local) <= 64 and len(address) <= 254:
            return address if domain.islower() else f"{local}@{domain.lower()}"
    return _oddly_written_address(address.strip(_INVISIBLE_ENDS))


@lru_cache(maxsize=4096)
def _meant(domain: str) -> str | None:
    return meant_domain(domain)


def typing_slip(address: str) -> str | None:
    """The domain that was probably meant, when the address looks mistyped. `address` is in normal form."""
    return _meant(address.rpartition("@")[2])


def _oddly_written_address(address: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    if not address:
        raise Refused(
            "no_contact",
            "There is no email address in this row.",
            "Email is the only channel here yet. Add an email address, or contact this patient another way.",
        )
    _refuse_what_is_more_than_an_address(address)
    try:
        checked = validate_email(address, check_deliverability=False, strict=True, allow_smtputf8=False)
    except EmailNotValidError:
        _refuse_badly_written_address(address)
    return checked.ascii_email or checked.normalized


def _refuse_what_is_more_than_an_address(address: str) -> None:
    if len([piece for piece in _BETWEEN_ADDRESSES.split(address) if "@" in piece]) > 1:
        raise Refused(
            "email_several",
            "There is more than one email address in this cell.",
            "Keep the one address that the patient wants to be written to.",
        )
    if not all(character.isprintable() or category(character) == "Zs" for character in address):
        raise Refused(
            "email_hidden",
            "There is a line break or a hidden character inside this email address.",
            "Type the address again in one line.",
        )
    if len(address) > 320:
        raise Refused("email_long", "This is too long to be an email address.", "Keep only the address in this cell.")


def _refuse_badly_written_address(address: str) -> NoReturn:
    local, at, domain = address.rpartition("@")
    if not at:
        raise Refused(
            "email_no_at",
            "This is not an email address: there is no @ in it.",
            f"Put a whole address here. {CORRECT_IT}",
        )
    if _stands_among_other_words(address):
        raise Refused(
            "email_with_words",
            "There is a name or a remark beside the email address.",
            "Keep only the address itself in this cell.",
        )
    if any(map(str.isspace, address)):
        raise Refused("email_space", "There is a space inside this email address.", f"Take the space out. {CORRECT_IT}")
    if not local.isascii():
        raise Refused(
            "email_letters",
            "There is an accent or another alphabet before the @. Many mail systems cannot take that.",
            "Ask the patient for an address without such letters.",
        )
    if "." not in domain.strip("."):
        raise Refused(
            "email_domain",
            "The part after the @ is not complete: it has no ending such as .com or .co.uk.",
            f"Ask the patient how the address ends. {CORRECT_IT}",
        )
    raise Refused("email_form", "This email address is not written as an email address can be.", CORRECT_IT)


def _stands_among_other_words(address: str) -> bool:
    """Whether the mail grammar reads a name or a remark beside an address: `Jo <jo@…>`, `jo@… (wife)`.

    flanker knows that grammar; it only helps to say what is wrong. It never judges, because it mends in silence.
    """
    if not any(bracket in address for bracket in '<>()"'):
        return False
    grammar = _flanker_grammar()
    read = grammar and grammar.parse(address)
    return bool(read and read.address and read.address != address and read.address in address)


@lru_cache(maxsize=1)
def _flanker_grammar() -> ModuleType | None:
    """Loaded when first needed: it takes half a second. None where Python is too new for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its source is of 2019
        try:
            from flanker.addresslib import address as grammar
        except ImportError:
            return None
    return grammar  # type: ignore[no-any-return]
