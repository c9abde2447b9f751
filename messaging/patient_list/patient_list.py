"""A checked patient list and the questions that a page asks of it."""

import os
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from messaging.contact_details import NhsNumber
from messaging.patient_list import refusals, workbook
from messaging.patient_list.cells import as_written, one_line
from messaging.patient_list.checking import Verdicts, check
from messaging.patient_list.headings import columns_read_once
from messaging.patient_list.rows import AcceptedRow, ConcernKind, RefusedRow
from messaging.patient_list.table import Table, read_table

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NAME, _SHORT = 200, 40  # characters of a name, and of a date or a number, that AcceptedRow holds


def read_patient_list(stream: BinaryIO, filename: str) -> "PatientList":
    """Reads and checks the whole list. Raises ListRefused for a file that cannot be one.

    What the file is, is told from its bytes; the name is only shown.
    """
    raw = stream.read(refusals.MAX_BYTES + 1)
    if len(raw) > refusals.MAX_BYTES:
        raise refusals.too_big()
    if not raw.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n,;"):
        raise refusals.empty()
    if raw.startswith(_OLE):
        raise refusals.old_excel()
    sheet = None
    if workbook.is_workbook(raw):
        sheet = workbook.read_sheet(raw)
        raw = sheet.csv
        if not raw.strip():
            raise refusals.empty()
    table = read_table(raw)
    return PatientList(filename, table, check(table), sheet)


class PatientList:
    """A list whose every row has been judged. Accepted rows are made anew on each walk, so that they need no room."""

    def __init__(self, filename: str, table: Table, verdicts: Verdicts, sheet: workbook.Sheet | None = None) -> None:
        self.filename = as_written(os.path.basename(filename.replace("\\", "/")), 200)
        self.headings = table.names
        self.columns = table.columns
        self.title_rows = table.header_row - 1
        self.accepted = AcceptedRows(table, verdicts)
        self.refused: tuple[RefusedRow, ...] = tuple(verdicts.refused)
        self.blank_rows = verdicts.blank_rows
        self.concern_counts: Counter[ConcernKind] = verdicts.concern_counts()
        self._columns_not_read = columns_read_once(table.written_headings)
        self._sheet = sheet

    @property
    def fields(self) -> tuple[str, ...]:
        """What a message may name in double brackets: every column, by its heading."""
        return self.headings

    @property
    def rows_total(self) -> int:
        """Rows below the headings that hold anything: the accepted and the refused."""
        return len(self.accepted) + len(self.refused)

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences about what was passed over in the file, so that nothing is in silence."""
        said = []
        if self._sheet and self._sheet.others:
            others = "one other sheet" if self._sheet.others == 1 else f"{self._sheet.others} other sheets"
            said.append(
                f"We read the sheet “{one_line(self._sheet.name)}”. The workbook has {others} that we did not read."
            )
        if self.title_rows:
            rows = "row above the headings was" if self.title_rows == 1 else "rows above the headings were"
            said.append(f"{self.title_rows} {rows} skipped.")
        if self.blank_rows:
            said.append(f"{self.blank_rows} blank {'row was' if self.blank_rows == 1 else 'rows were'} skipped.")
        for name in self._columns_not_read:
            said.append(
                f"The column “{name}” was not used for contacting patients, because another column says the same."
            )
        return tuple(said)


class AcceptedRows:
    """The rows that can be sent to: has a length, and can be walked any number of times."""

    def __init__(self, table: Table, verdicts: Verdicts) -> None:
        self._table, self._verdicts = table, verdicts

    def __len__(self) -> int:
        return len(self._verdicts.row_numbers)

    def __iter__(self) -> Iterator[AcceptedRow]:
        row_numbers = self._verdicts.row_numbers
        make = _RowMaker(self._table, self._verdicts)
        place, end = 0, len(row_numbers)
        for row_number, cells in self._table.rows_below():
            if place == end:
                return
            if row_numbers[place] == row_number:
                yield make.row(place, cells)
                place += 1


class _RowMaker:
    """Makes accepted rows from their cells and verdicts."""

    def __init__(self, table: Table, verdicts: Verdicts) -> None:
        self._verdicts = verdicts
        self._names = table.names
        columns = table.columns
        # A place past the last cell stands for a column that the file does not have.
        absent = len(self._names)
        self._nhs_name, self._email_name = self._names[columns["nhs_number"]], self._names[columns["email"]]
        self._first, self._surname, self._birth, self._mobile, self._emis = (
            columns.get(name, absent) for name in ("first_name", "surname", "date_of_birth", "mobile", "emis_number")
        )

    def row(self, place: int, cells: list[str]) -> AcceptedRow:
        width = len(self._names)
        cells = list(map(str.strip if "".join(cells).isprintable() else one_line, cells[:width]))
        cells += [""] * (width + 1 - len(cells))
        if cells[self._mobile]:
            cells[self._mobile] = mobile_number(cells[self._mobile])
        verdicts = self._verdicts
        nhs, email = f"{verdicts.nhs_numbers[place]:010d}", verdicts.emails[place]
        fields = dict(zip(self._names, cells, strict=False))
        fields[self._nhs_name], fields[self._email_name] = nhs, email
        return AcceptedRow(
            verdicts.row_numbers[place],
            NhsNumber(nhs),
            email,
            cells[self._first][:_NAME],
            cells[self._surname][:_NAME],
            cells[self._birth][:_SHORT],
            cells[self._mobile][:_SHORT],
            cells[self._emis][:_SHORT],
            fields,
            verdicts.concerns(place),
        )


def mobile_number(text: str) -> str:
    """The number as written, but with the 0 that a spreadsheet took from the start of a mobile number."""
    digits = text.removesuffix(".0")
    return f"0{digits}" if len(digits) == 10 and digits[0] == "7" and digits.isdigit() else text
