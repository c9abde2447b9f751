"""How things are written, and the cells of a CSV."""

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
from flask import Flask

from webapp import csv_export, words
from webapp.paging import Paging


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 3, 9, 5, tzinfo=UTC), "3 November 2026 at 9:05am"),
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), "2 July 2026 at 12:30am"),
        (datetime(2026, 6, 1, 11, 0, tzinfo=UTC), "1 June 2026 at 12:00pm"),
        (None, ""),
    ],
)
def test_times_are_uk_times(moment: datetime | None, expected: str) -> None:
    assert words.uk_datetime(moment) == expected


def test_numbers_have_thousands_and_one_is_one() -> None:
    assert words.plural(2914, "patient") == "2,914 patients"
    assert words.plural(1, "patient") == "1 patient"
    assert words.plural(0, "person", "people") == "0 people"


@pytest.mark.parametrize("text", ["=1+1", "+44", "-1", "@SUM(1)", "\tx", "\rx", " =1", "\n=1"])
def test_a_cell_that_begins_like_a_formula_becomes_text(text: str) -> None:
    assert csv_export.safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ada", "a=b", "9434765919", "O’Neil", "ada+flu@example.org"])
def test_an_ordinary_cell_stays_as_it_is(text: str) -> None:
    assert csv_export.safe(text) == text


def test_a_download_is_written_as_it_is_read_and_its_name_is_harmless(app: Flask) -> None:
    with app.test_request_context("/"):
        rows = ([number, 'x"y\n'] for number in range(450))
        response = csv_export.download('../a"b\r\nX: y', ["N", "T"], rows)
        pieces = list(response.response)
    assert len(pieces) == 3
    assert len(list(csv.reader(StringIO("".join(map(str, pieces)))))) == 451
    assert response.headers["Content-Disposition"] == 'attachment; filename="..abX y.csv"'


def test_a_page_beyond_the_end_is_the_last_one() -> None:
    paging = Paging.of("9", 101)
    assert (paging.number, paging.pages, paging.first, paging.last, paging.next) == (3, 3, 101, 101, None)
    assert Paging.of("", 0).first == 0
