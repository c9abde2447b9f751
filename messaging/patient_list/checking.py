"""Every row of a table checked once, the verdicts kept in little room, so that 100,000 rows fit beside the file."""

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from messaging.contact_details import Refused, email_address, nhs_number, typing_slip
from messaging.patient_list import refusals
from messaging.patient_list.cells import as_written
from messaging.patient_list.headings import EMAIL, NHS_NUMBER
from messaging.patient_list.rows import Concern, ConcernKind, RefusedRow
from messaging.patient_list.table import Table

_SHOWN_SHARERS = 3


@dataclass(slots=True)
class Verdicts:
    """Accepted rows by their place in the three parallel sequences, refused rows whole."""

    row_numbers: "array[int]" = field(default_factory=lambda: array("L"))
    nhs_numbers: "array[int]" = field(default_factory=lambda: array("Q"))
    emails: list[str] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    blank_rows: int = 0
    duplicates: dict[int, int] = field(default_factory=dict)  # row number: the earlier row with the same NHS number
    sharers: dict[str, dict[int, int]] = field(default_factory=dict)  # address: NHS number: first row; two at least
    slips: int = 0

    def concerns(self, place: int) -> tuple[Concern, ...]:
        """What a person should look at in the accepted row at this place."""
        found = []
        email = self.emails[place]
        if (earlier := self.duplicates.get(self.row_numbers[place])) is not None:
            found.append(Concern(ConcernKind.DUPLICATE, f"row {earlier}"))
        if self.sharers and (sharers := self.sharers.get(_folded(email))):
            own = self.nhs_numbers[place]
            found.append(Concern(ConcernKind.SHARED_ADDRESS, _named([row for n, row in sharers.items() if n != own])))
        if (meant := typing_slip(email)) is not None:
            found.append(Concern(ConcernKind.TYPING_SLIP, meant))
        return tuple(found)

    def concern_counts(self) -> Counter[ConcernKind]:
        """How many accepted rows raise each kind of concern."""
        sharing = sum(_folded(email) in self.sharers for email in self.emails) if self.sharers else 0
        return +Counter(
            {
                ConcernKind.DUPLICATE: len(self.duplicates),
                ConcernKind.SHARED_ADDRESS: sharing,
                ConcernKind.TYPING_SLIP: self.slips,
            }
        )


def check(table: Table) -> Verdicts:
    """Judges every row below the headings. Raises ListRefused for too many rows, or none."""
    verdicts = Verdicts()
    first_place_of_number: dict[int, int] = {}
    first_place_of_email: dict[str, int] = {}
    for row_number, nhs, email in _judged(table, verdicts):
        place, number = len(verdicts.row_numbers), int(nhs)
        verdicts.row_numbers.append(row_number)
        verdicts.nhs_numbers.append(number)
        verdicts.emails.append(email)
        earlier = first_place_of_number.setdefault(number, place)
        if earlier != place:
            verdicts.duplicates[row_number] = verdicts.row_numbers[earlier]
        earlier = first_place_of_email.setdefault(_folded(email), place)
        if earlier != place:
            _note_sharer(verdicts, earlier, place)
        if typing_slip(email) is not None:
            verdicts.slips += 1
    if not verdicts.row_numbers and not verdicts.refused:
        raise refusals.no_rows()
    return verdicts


def _judged(table: Table, verdicts: Verdicts) -> Iterator[tuple[int, str, str]]:
    """Row number, NHS number and address of each row that can be accepted; the others go to `verdicts`."""
    width, names, columns = len(table.written_headings), table.names, table.columns
    nhs_column, email_column = columns[NHS_NUMBER], columns[EMAIL]
    rows = blank = 0
    for row_number, cells in table.rows_below():
        text = "".join(cells)
        if not text or text.isspace():
            blank += 1
            continue
        verdicts.blank_rows, rows = blank, rows + 1  # blank rows after the last patient do not count
        if rows > refusals.MAX_ROWS:
            raise refusals.too_many_rows()
        if len(cells) < width:
            cells += [""] * (width - len(cells))
        column = -1
        try:
            if len(cells) > width or len(text) > refusals.MAX_ROW_CHARACTERS:
                _refuse_overfull(cells, text, width)
            column = nhs_column
            nhs = nhs_number(cells[column])
            column = email_column
            email = email_address(cells[column])
        except Refused as why:
            verdicts.refused.append(
                RefusedRow(
                    row_number,
                    as_written(cells[nhs_column], 64),
                    names[column] if column >= 0 else "",
                    as_written(cells[column], 100) if column >= 0 else "",
                    why.problem,
                    why.mend,
                    why.code,
                )
            )
        else:
            yield row_number, nhs, email


def _refuse_overfull(cells: list[str], text: str, width: int) -> None:
    if len(text) > refusals.MAX_ROW_CHARACTERS:
        raise Refused(
            "too_much_text",
            "There is far more text in this row than a patient’s details need.",
            "Look for a cell that has swallowed other rows or a whole document, and take that text out.",
        )
    if any(map(str.strip, cells[width:])):
        raise Refused(
            "too_many_cells",
            "This row has more cells than there are headings, so we cannot tell which cell is which.",
            "Look for a stray comma or semicolon inside a cell, or add the missing headings.",
        )


def _note_sharer(verdicts: Verdicts, earlier: int, place: int) -> None:
    """Two patients on one address; the same patient twice is not sharing."""
    numbers, rows = verdicts.nhs_numbers, verdicts.row_numbers
    key = _folded(verdicts.emails[place])
    sharers = verdicts.sharers.get(key)
    if sharers is None:
        if numbers[earlier] == numbers[place]:
            return
        sharers = verdicts.sharers[key] = {numbers[earlier]: rows[earlier]}
    if len(sharers) < _SHOWN_SHARERS + 2:
        sharers.setdefault(numbers[place], rows[place])


def _named(rows: list[int]) -> str:
    if len(rows) == 1:
        return f"row {rows[0]}"
    shown = [str(row) for row in rows[:_SHOWN_SHARERS]]
    last = "others" if len(rows) > _SHOWN_SHARERS else shown.pop()
    return f"rows {', '.join(shown)} and {last}"


def _folded(email: str) -> str:
    """Addresses are compared without case, which is how mail systems treat them."""
    return email if email.islower() else email.lower()
