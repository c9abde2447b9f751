"""A file as rows of cells: its delimiter, its row of headings, and the rows below as a stream."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from messaging.patient_list import refusals
from messaging.patient_list.decoding import encoding_of, open_text
from messaging.patient_list.headings import EMAIL, NHS_NUMBER, find_header, known_columns, name_columns

HEADER_WITHIN = 30  # rows from the top, title rows included
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Table:
    """The file's bytes, and what is needed to go through its rows again and again without holding them."""

    raw: bytes
    encoding: str
    delimiter: str
    header_row: int
    written_headings: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return name_columns(self.written_headings)

    @property
    def columns(self) -> dict[str, int]:
        return known_columns(self.written_headings)

    def rows_below(self) -> Iterator[tuple[int, list[str]]]:
        """Row number (the spreadsheet's own: 1 is the first of the file) and cells, below the headings.

        Raises ListRefused where quotation marks do not fit, because rows after that would be merged in silence.
        """
        row_number = 0
        reader = csv.reader(open_text(self.raw, self.encoding), delimiter=self.delimiter, strict=True)
        try:
            for row_number, cells in enumerate(reader, 1):
                if row_number > self.header_row:
                    yield row_number, cells
        except csv.Error:
            raise refusals.broken_quotes(row_number + 1) from None


def read_table(raw: bytes) -> Table:
    """Finds encoding, delimiter and headings. Raises ListRefused."""
    encoding = encoding_of(raw)
    best: tuple[tuple[bool, int], Table] | None = None
    for delimiter in _DELIMITERS:
        rows = _first_rows(raw, encoding, delimiter)
        header = find_header(rows)
        if header is None:
            continue
        known = known_columns(rows[header])
        worth = (NHS_NUMBER in known and EMAIL in known, len(known))
        if best is None or worth > best[0]:
            headings = rows[header]
            while not headings[-1].strip():
                headings.pop()
            best = (worth, Table(raw, encoding, delimiter, header + 1, tuple(headings)))
    if best is None:
        raise refusals.no_headings()
    return _with_needed_columns(best[1])


def _with_needed_columns(table: Table) -> Table:
    if len(table.written_headings) > refusals.MAX_COLUMNS:
        raise refusals.too_many_columns()
    if NHS_NUMBER not in table.columns:
        raise refusals.no_nhs_number_column(table.header_row)
    if EMAIL not in table.columns:
        raise refusals.no_email_column(table.header_row)
    return table


def _first_rows(raw: bytes, encoding: str, delimiter: str) -> list[list[str]]:
    """The rows among which the headings must be; fewer where they make no sense with this delimiter."""
    rows: list[list[str]] = []
    try:
        for cells in islice(csv.reader(open_text(raw, encoding), delimiter=delimiter, strict=True), HEADER_WITHIN):
            rows.append(cells[: refusals.MAX_COLUMNS + 1])
    except csv.Error:
        pass  # what was read so far may hold the headings
    return rows
