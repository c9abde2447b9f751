"""The sentence beside the tag: how far, and how long still."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from messaging.batches import Figures, Progress
from messaging.batches.readings import Step
from messaging.models import Batch, BatchStatus
from webapp.batches.presenters.chart import ROWS_AT_MOST, draw_chart
from webapp.batches.presenters.status import sentence_of, time_left

BEGAN = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


def after(seconds: int, *steps: tuple[int, int], to_go: int) -> Progress:
    """`steps`: so many handed over, so many seconds after the start."""
    made = tuple(Step(BEGAN + timedelta(seconds=at), count, 0) for at, count in steps)
    return Progress(Figures(waiting=to_go), made, BEGAN + timedelta(seconds=seconds), 0, 1)


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (after(10, (1, 100), to_go=500), "less than a minute left"),
        (after(60, (5, 300), (55, 300), to_go=2400), "about 4 minutes left"),
        (after(60, (5, 60), to_go=60), "about 1 minute left"),
        (after(600, (5, 9000), (590, 60), to_go=600), "about 10 minutes left"),  # only the last minute counts
        (after(600, (590, 60), to_go=60_000), "about 17 hours left"),
        (after(600, (5, 9000), to_go=600), ""),  # nothing lately: nobody can say
        (after(0, (0, 1), to_go=5), ""),
        (after(60, (5, 300), to_go=0), ""),
    ],
)
def test_the_time_left_follows_the_pace_of_the_last_minute(progress: Progress, said: str) -> None:
    assert time_left(progress, BEGAN) == said


def test_a_batch_that_has_not_begun_has_no_time_left() -> None:
    assert time_left(after(60, (5, 300), to_go=10), None) == ""


@pytest.mark.parametrize(
    ("changed", "waits"),
    [
        ({}, True),
        ({"now": BEGAN + timedelta(seconds=23)}, False),  # not for long
        ({"steps": (Step(BEGAN + timedelta(seconds=8), 100, 0),)}, False),  # two went since that was counted
        ({"figures": Figures(waiting=50, handed_over=100, failed=2)}, False),  # nothing is on the way
        ({"in_doubt": 4}, False),  # they wait for a person
        ({"workers": 0}, False),  # it is not the mail server
        ({"workers": None}, False),
        ({"figures": Figures(in_flight=4), "steps": ()}, True),  # from the beginning
    ],
)
def test_after_a_while_without_any_answer_it_says_that_it_waits_for_one(changed: dict[str, Any], waits: bool) -> None:
    batch = Batch(status=BatchStatus.SENDING, started_at=BEGAN, messages_made_at=BEGAN)
    now = changed.pop("now", BEGAN + timedelta(seconds=40))
    progress = Progress(
        figures=Figures(waiting=46, in_flight=4, handed_over=100, failed=2),
        steps=(Step(BEGAN + timedelta(seconds=8), 100, 2),),
        steps_at=BEGAN + timedelta(seconds=30),
        in_doubt=0,
        workers=1,
    )

    sentence = sentence_of(batch, replace(progress, **changed), now)

    assert ("Waiting for the mail server to answer." in sentence) is waits


def test_a_chart_ends_at_the_totals_and_keeps_to_its_size() -> None:
    steps = [Step(BEGAN + timedelta(seconds=n), 10, n % 2) for n in range(0, 500)]

    chart = draw_chart(steps)

    assert chart is not None
    assert len(chart.rows) == ROWS_AT_MOST
    assert (chart.rows[-1].handed_over, chart.rows[-1].failed) == (5000, 250)
    points = [tuple(map(float, point.split(","))) for point in chart.handed_over.split()]
    assert points == sorted(points, key=lambda point: point[0])
    assert all(0 <= x <= 600 and 0 <= y <= 140 for x, y in points)
    assert points[-1][1] == 6.0


def test_a_chart_of_failures_alone_can_be_drawn() -> None:
    assert draw_chart([Step(BEGAN, 0, 1), Step(BEGAN + timedelta(days=3), 0, 1)]) is not None


def test_there_is_no_chart_of_one_moment() -> None:
    assert draw_chart([Step(BEGAN, 10, 0)]) is None
    assert draw_chart([]) is None
