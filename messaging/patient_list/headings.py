"""The row of headings: where it is, which columns we know by it, and which become fields."""

from collections.abc import Sequence

from messaging.patient_list.cells import one_line
from messaging.personalisation import normalise

NHS_NUMBER, EMAIL = "nhs_number", "email"

# In order of trust: when a file has two columns for one thing, the one named earlier here is read.
_SYNONYMS = {
    NHS_NUMBER: "NHS Number, NHS No, Patient NHS Number, NHS Num, NHS Number Formatted, NHS",
    EMAIL: (
        "Email Address, E-mail, Email, Patient Email Address, Patient Email, Preferred Email, Preferred Email Address, "
        "Contact Email, Home Email, Home Email Address, Personal Email, Personal Email Address, Email 1"
    ),
    "first_name": "First Name, Given Name, Forename, First Names, Given Names, Forenames, Patient First Name, "
    "Patient Forename, Patient Given Name",
    "surname": "Surname, Family Name, Last Name, Patient Surname, Patient Family Name, Patient Last Name",
    "date_of_birth": "Date of Birth, DOB, Birth Date, Patient Date of Birth, Patient DOB",
    "mobile": (
        "Mobile Number, Mobile Telephone, Telecom Number, Mobile, Mobile Phone, Mobile Phone Number, Mobile No, "
        "Mobile Tel, Mobile Telephone Number, Patient Mobile, Patient Mobile Number"
    ),
    "emis_number": "EMIS Number, EMIS No, EMIS ID, EMIS",
}
_KNOWN = {
    normalise(name): (column, place)
    for column, names in _SYNONYMS.items()
    for place, name in enumerate(names.split(","))
}


def known_columns(cells: Sequence[str]) -> dict[str, int]:
    """Index by known name, for the cells of a row that are headings we know."""
    best: dict[str, tuple[int, int]] = {}
    for index, cell in enumerate(cells):
        if len(cell) <= 100 and (known := _KNOWN.get(normalise(cell))):
            column, place = known
            if column not in best or place < best[column][0]:
                best[column] = (place, index)
    return {column: best[column][1] for column in _SYNONYMS if column in best}


def find_header(rows: Sequence[Sequence[str]]) -> int | None:
    """Index of the row of headings among a file's first rows: the one with most columns we know, or None.

    A row with both an NHS number and an email column wins over any without.
    """

    def worth(index: int) -> tuple[bool, int, int]:
        known = known_columns(rows[index])
        return NHS_NUMBER in known and EMAIL in known, len(known), -index

    best = max(range(len(rows)), key=worth, default=None)
    return best if best is not None and known_columns(rows[best]) else None


def columns_read_once(cells: Sequence[str]) -> list[str]:
    """Headings that mean a column we know but were not chosen, because another says the same."""
    chosen = set(known_columns(cells).values())
    return [
        one_line(cell)
        for index, cell in enumerate(cells)
        if index not in chosen and len(cell) <= 100 and normalise(cell) in _KNOWN
    ]


def name_columns(cells: Sequence[str]) -> tuple[str, ...]:
    """A name for every column: its heading on one line, "Column D" without one, "Note 2" for a second Note."""
    names: list[str] = []
    taken: set[str] = set()
    for index, cell in enumerate(cells):
        heading = one_line(cell)[:100].strip() or f"Column {column_letters(index)}"
        name, number = heading, 2
        while normalise(name) in taken:
            name, number = f"{heading} {number}", number + 1
        taken.add(normalise(name))
        names.append(name)
    return tuple(names)


def column_letters(index: int) -> str:
    """A spreadsheet's name of a column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
