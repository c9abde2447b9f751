"""What identifies and reaches a patient: NHS numbers and email addresses, read strictly.

Each reader answers the normal form or raises Refused, whose sentences never repeat the value.
"""

import re
import warnings
from functools import lru_cache
from operator import mul
from types import ModuleType
from typing import NewType, NoReturn
from unicodedata import category

from messaging.domain_slips import meant_domain

NhsNumber = NewType("NhsNumber", str)


class Refused(ValueError):
    """A value that cannot be used: a short key of the reason, what is wrong, and how to mend it."""

    def __init__(self, code: str, problem: str, mend: str) -> None:
        super().__init__(code)
        self.code, self.problem, self.mend = code, problem, mend


# The weights of Modulus 11, with 1 for the check digit: a number is right when the sum divides by 11.
_WEIGHTS = (10, 9, 8, 7, 6, 5, 4, 3, 2, 1)
_GAPS = re.compile(r"[\s\u200b\u2060\ufeff\-\u2010-\u2015\u2212]+")
_SHORTENED = re.compile(r"(\d)(?:[.,](\d+))?E\+?0*(\d{1,3})", re.ASCII | re.IGNORECASE)
_AS_TEXT = re.compile(r"=?\"(.*)\"|'(.*)")  # how spreadsheets are told that a number is text

_TYPE_AGAIN = "Correct it in the patient’s record, or in the file, and upload the file again."
_FORMAT_AS_TEXT = (
    "Export the list again and do not open it in Excel first, or format the column as Text before you save it."
)


def nhs_number(text: str) -> NhsNumber:
    """Ten digits that pass Modulus 11. Spaces and hyphens do not matter. Raises Refused."""
    digits = text.replace(" ", "")
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()) or digits < "4":
        return _unusual_nhs_number(text.strip())
    if not _passes_modulus_11(digits) or digits == digits[0] * 10:
        _refuse_wrong_digits(digits)
    return NhsNumber(digits)


def format_nhs_number(number: str) -> str:
    """As people read it: 943 476 5919."""
    return f"{number[:3]} {number[3:6]} {number[6:]}"


def _passes_modulus_11(digits: str) -> bool:
    # A digit's byte is 48 more than the digit, and 48 times the sum of the weights divides by 11.
    return not sum(map(mul, _WEIGHTS, digits.encode())) % 11


def _unusual_nhs_number(text: str) -> NhsNumber:
    """One that is written oddly, or is not of England, Wales or the Isle of Man: those begin with 4, 6 or 7."""
    if quoted := _AS_TEXT.fullmatch(text):
        text = (quoted[1] or quoted[2] or "").strip()
    if not text:
        raise Refused(
            "nhs_number_missing",
            "There is no NHS number in this row.",
            "Add the NHS number, and upload the file again.",
        )
    if shortened := _SHORTENED.fullmatch(text):
        digits = _from_scientific(shortened[1], shortened[2] or "", shortened[3])
    else:
        digits = _GAPS.sub("", text)
        whole, point, decimals = digits.partition(".")
        if point and not decimals.strip("0"):
            digits = whole
    if not digits.isascii() or not digits.isdigit():
        raise Refused(
            "nhs_number_characters",
            "There is something other than the digits 0 to 9 in this NHS number.",
            "Keep only the ten digits of the NHS number. Spaces and hyphens may stay.",
        )
    if len(digits) != 10:
        _refuse_wrong_length(digits)

    from nhs_number.validate import is_valid  # far slower than the sum above, and the judge of what is not plain

    if not is_valid(digits) or digits == digits[0] * 10:
        _refuse_wrong_digits(digits)
    return NhsNumber(digits)


def _from_scientific(first: str, rest: str, exponent: str) -> str:
    """9.434765919E+09 is whole; 9.43477E+09 has lost its last digits."""
    if exponent != "9" or len(rest) < 9 or rest[9:].strip("0"):
        raise Refused(
            "nhs_number_excel",
            "Excel has shortened this NHS number, so its last digits are lost.",
            _FORMAT_AS_TEXT,
        )
    return first + rest[:9]


def _refuse_wrong_length(digits: str) -> NoReturn:
    padded = digits.zfill(10)
    if len(digits) in (8, 9) and _passes_modulus_11(padded):
        raise Refused(
            "nhs_number_zero_lost",
            "This NHS number is too short. Excel may have taken a 0 from its start.",
            _FORMAT_AS_TEXT,
        )
    if len(digits) < 10:
        raise Refused("nhs_number_short", "This NHS number has fewer than ten digits.", _TYPE_AGAIN)
    raise Refused("nhs_number_long", "This NHS number has more than ten digits.", _TYPE_AGAIN)


def _refuse_wrong_digits(digits: str) -> NoReturn:
    if digits == digits[0] * 10:
        raise Refused(
            "nhs_number_placeholder",
            "This is one digit ten times, which is nobody’s NHS number.",
            "Put the patient’s own NHS number here, and upload the file again.",
        )
    if _passes_modulus_11(digits):
        raise Refused(
            "nhs_number_birth_date",
            "This is written like a Scottish CHI number, and its first six digits are not a date of birth.",
            _TYPE_AGAIN,
        )
    raise Refused(
        "nhs_number_check",
        "This is not an NHS number: its check digit does not fit the other nine, so at least one digit is wrong.",
        _TYPE_AGAIN,
    )


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
            f"Put a whole address here. {_TYPE_AGAIN}",
        )
    if _stands_among_other_words(address):
        raise Refused(
            "email_with_words",
            "There is a name or a remark beside the email address.",
            "Keep only the address itself in this cell.",
        )
    if any(map(str.isspace, address)):
        raise Refused(
            "email_space", "There is a space inside this email address.", f"Take the space out. {_TYPE_AGAIN}"
        )
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
            f"Ask the patient how the address ends. {_TYPE_AGAIN}",
        )
    raise Refused("email_form", "This email address is not written as an email address can be.", _TYPE_AGAIN)


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
