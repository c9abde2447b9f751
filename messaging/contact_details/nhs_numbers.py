"""NHS numbers: ten digits, the last of which checks the others (Modulus 11)."""

import re
from operator import mul
from typing import NewType, NoReturn

from messaging.contact_details.refused import CORRECT_IT, Refused

NhsNumber = NewType("NhsNumber", str)

# The weights of Modulus 11, with 1 for the check digit: a number is right when the sum divides by 11.
_WEIGHTS = (10, 9, 8, 7, 6, 5, 4, 3, 2, 1)
_GAPS = re.compile(r"[\s\u200b\u2060\ufeff\-\u2010-\u2015\u2212]+")
_SHORTENED = re.compile(r"(\d)(?:[.,](\d+))?E\+?0*(\d{1,3})", re.ASCII | re.IGNORECASE)
_AS_TEXT = re.compile(r"=?\"(.*)\"|'(.*)")  # how spreadsheets are told that a number is text

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
        raise Refused("nhs_number_short", "This NHS number has fewer than ten digits.", CORRECT_IT)
    raise Refused("nhs_number_long", "This NHS number has more than ten digits.", CORRECT_IT)


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
            CORRECT_IT,
        )
    raise Refused(
        "nhs_number_check",
        "This is not an NHS number: its check digit does not fit the other nine, so at least one digit is wrong.",
        CORRECT_IT,
    )
