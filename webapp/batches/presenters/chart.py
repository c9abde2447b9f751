"""Handed over and failed over time: a small drawing, and the same figures as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from messaging.batches.readings import Step
from webapp.words import UK, number, uk_date

WIDTH, HEIGHT, EDGE = 600, 140, 6  # of the drawing, in its own units
ROWS_AT_MOST = 24


@dataclass(frozen=True, slots=True)
class Row:
    at: str
    handed_over: int
    failed: int


@dataclass(frozen=True, slots=True)
class Chart:
    rows: list[Row]  # totals so far, at the end of each part of the time
    handed_over: str  # points of a line, for SVG
    failed: str
    begins: str
    ends: str
    highest: str
    summary: str


def draw_chart(steps: Sequence[Step]) -> Chart | None:
    """None until something has happened at two different moments."""
    if len(steps) < 2:
        return None
    totals = _running(_in_parts(steps))
    first, last = totals[0][0], totals[-1][0]
    span = max(1.0, (last - first).total_seconds())
    highest = max(handed_over for _, handed_over, _ in totals) or max(failed for _, _, failed in totals)

    def points(which: int) -> str:
        line = []
        for total in totals:
            across = EDGE + (total[0] - first).total_seconds() / span * (WIDTH - 2 * EDGE)
            up = HEIGHT - EDGE - total[which] / highest * (HEIGHT - 2 * EDGE)  # type: ignore[operator]
            line.append(f"{across:.1f},{up:.1f}")
        return " ".join(line)

    one_day = uk_date(first) == uk_date(last)
    _, handed_over, failed = totals[-1]
    return Chart(
        [Row(_moment(at, one_day), h, f) for at, h, f in totals],
        points(1),
        points(2),
        _moment(first, one_day),
        _moment(last, one_day),
        number(highest),
        f"By {_moment(last, one_day)}, {number(handed_over)} were handed over and {number(failed)} had failed.",
    )


def _in_parts(steps: Sequence[Step]) -> list[Step]:
    """At most ROWS_AT_MOST of them, equally long."""
    first, last = steps[0].at, steps[-1].at
    part = (last - first) / ROWS_AT_MOST
    parts: dict[int, Step] = {}
    for step in steps:
        place = min(ROWS_AT_MOST - 1, int((step.at - first) / part))
        so_far = parts.get(place, Step(step.at, 0, 0))
        parts[place] = Step(step.at, so_far.handed_over + step.handed_over, so_far.failed + step.failed)
    return [parts[place] for place in sorted(parts)]


def _running(steps: Sequence[Step]) -> list[tuple[datetime, int, int]]:
    totals, handed_over, failed = [], 0, 0
    for step in steps:
        handed_over, failed = handed_over + step.handed_over, failed + step.failed
        totals.append((step.at, handed_over, failed))
    return totals


def _moment(at: datetime, one_day: bool) -> str:
    local = at.astimezone(UK)
    clock = f"{local:%H:%M:%S}"
    return clock if one_day else f"{local.day} {local:%b} {clock}"
