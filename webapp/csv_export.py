"""CSV files for a download: written as they are read, and with no cell that a spreadsheet would run as a formula."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from flask import Response, stream_with_context

BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
ROWS_AT_ONCE = 200
_NOT_IN_A_FILENAME = re.compile(r"[^A-Za-z0-9 _.-]+")


def safe(value: object) -> str:
    """The text of a cell. An apostrophe in front makes a spreadsheet take it as text and nothing else."""
    text = "" if value is None else str(value)
    text = text.replace("\x00", "")
    return f"'{text}" if text.lstrip(" \n").startswith(BEGINS_A_FORMULA) else text


def download(name: str, heading: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """UTF-8 with CRLF line ends (RFC 4180) and no byte order mark, so that it begins with its first heading."""
    response = Response(stream_with_context(_written(heading, rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{_NOT_IN_A_FILENAME.sub("", name)}.csv"'
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _written(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(heading)
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe(value) for value in row])
        if number % ROWS_AT_ONCE == 0:
            yield _emptied(buffer)
    yield _emptied(buffer)


def _emptied(buffer: StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
