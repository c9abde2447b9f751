"""Times as people in the UK write them, through both changes of the clocks."""

from datetime import UTC, date, datetime, time

import pytest

from webapp.batches.when import WrongMoment, moment, read_date, read_time

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("9:30am", 9, 30),
        ("09:30", 9, 30),
        ("14.05", 14, 5),
        ("9am", 9, 0),
        ("12am", 0, 0),
        ("12 pm", 12, 0),
        ("11:59 P.M.", 23, 59),
        ("0930", 9, 30),
    ],
)
def test_it_reads_times(text: str, hour: int, minute: int) -> None:
    assert read_time(text) == time(hour, minute)


@pytest.mark.parametrize("text", ["", "9", "25:00", "9:60", "13pm", "0am", "half nine", "²:30", "9:30:15"])
def test_it_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(WrongMoment) as refused:
        read_time(text)
    assert refused.value.field == "time"


def test_it_refuses_what_is_no_date() -> None:
    huge = "9" * 5_000
    for day, month, year in (
        ("31", "2", "2026"),
        ("", "", ""),
        ("1", "1", "0"),
        ("x", "1", "2026"),
        ("1", "1", "99999999999"),
        (huge, "1", huge),
    ):
        with pytest.raises(WrongMoment):
            read_date(day, month, year)
    assert read_date("25", "11", "2026") == date(2026, 11, 25)


def test_in_summer_the_uk_is_an_hour_ahead_of_utc() -> None:
    assert moment(date(2026, 7, 1), time(9, 30), NOW) == datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
    assert moment(date(2026, 12, 1), time(9, 30), NOW) == datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


def test_it_refuses_the_hour_that_spring_leaves_out() -> None:
    with pytest.raises(WrongMoment, match="clocks go forward"):
        moment(date(2026, 3, 29), time(1, 30), NOW)
    assert moment(date(2026, 3, 29), time(2, 0), NOW) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_the_hour_that_happens_twice_in_autumn_is_its_first() -> None:
    assert moment(date(2026, 10, 25), time(1, 30), NOW) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_it_refuses_the_past_and_more_than_a_year_ahead() -> None:
    with pytest.raises(WrongMoment, match="has not passed") as yesterday:
        moment(date(2026, 2, 28), time(12, 0), NOW)
    with pytest.raises(WrongMoment, match="has not passed") as earlier:
        moment(date(2026, 3, 1), time(12, 0), NOW)
    assert (yesterday.value.field, earlier.value.field) == ("date", "time")
    with pytest.raises(WrongMoment, match="within a year"):
        moment(date(2027, 6, 1), time(12, 0), NOW)
