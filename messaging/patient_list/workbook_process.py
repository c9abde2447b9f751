"""The process that opens a workbook: workbook on standard input, one sheet as CSV on standard output.

The first line of the output is JSON about the sheet. Exit status: 0, 3 for a workbook that cannot be read, 4 for one
that holds too much. Limits keep a hostile workbook from taking the machine with it.
"""

import csv
import io
import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from messaging.patient_list.headings import EMAIL, NHS_NUMBER, find_header, known_columns
from messaging.patient_list.refusals import MAX_COLUMNS, MAX_ROWS

HEADER_WITHIN = 30
_MEMORY = 1 << 30
_CPU_SECONDS = 60
_MAX_CHARACTERS = 60_000_000
_UNREADABLE, _TOO_BIG = 3, 4


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        chosen = _sheet_of_patients(workbook)
    except MemoryError:
        return _TOO_BIG
    except (CalamineError, OSError, ValueError):
        return _UNREADABLE
    if chosen is None:
        _write({"sheet": "", "others": 0}, iter(()))
        return 0
    sheet, others = chosen
    if sheet.total_width > 10 * MAX_COLUMNS:
        return _TOO_BIG
    return _write({"sheet": sheet.name, "others": others}, rows_of(sheet))


def _sheet_of_patients(workbook: CalamineWorkbook) -> tuple[CalamineSheet, int] | None:
    """The first visible sheet with our headings, else the first with anything in it, and how many others have cells."""
    filled: list[CalamineSheet] = []
    for about in workbook.sheets_metadata:
        if about.typ is not SheetTypeEnum.WorkSheet or about.visible is not SheetVisibleEnum.Visible:
            continue
        sheet = workbook.get_sheet_by_name(about.name)
        if sheet.start is not None:
            filled.append(sheet)
    for sheet in filled:
        first_rows = list(islice(rows_of(sheet), HEADER_WITHIN))
        header = find_header(first_rows)
        if header is not None and {NHS_NUMBER, EMAIL} <= known_columns(first_rows[header]).keys():
            return sheet, len(filled) - 1
    return (filled[0], len(filled) - 1) if filled else None


def rows_of(sheet: CalamineSheet) -> Iterator[list[str]]:
    """Every row from the sheet's row 1 on, each cell as a person reads it in the sheet."""
    for row in sheet.iter_rows():
        yield [value if type(value) is str else as_text(value) for value in row]


def as_text(value: object) -> str:
    """A cell's value as text: whole numbers without a point, dates as 31/12/2026, times as 09:30."""
    match value:
        case str():
            return value
        case bool():
            return "Yes" if value else "No"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
        case datetime():
            return f"{value:%d/%m/%Y %H:%M}" if value.time() != time() else f"{value:%d/%m/%Y}"
        case date():
            return f"{value:%d/%m/%Y}"
        case time():
            return f"{value:%H:%M}"
        case _:
            return str(value)


def _write(about: dict[str, object], rows: Iterator[list[str]]) -> int:
    """Writes until there is nothing more, or so much that the list is refused anyway."""
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    sys.stdout.write(json.dumps(about) + "\n")
    writer = csv.writer(sys.stdout)
    characters = filled = 0
    for row in rows:
        writer.writerow(row)
        size = sum(map(len, row))
        characters += size + len(row)
        filled += size > 0
        if characters > _MAX_CHARACTERS:
            return _TOO_BIG
        if filled > MAX_ROWS + HEADER_WITHIN:
            break
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
