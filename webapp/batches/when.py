"""A moment to come, as a person in the UK writes it."""

import re
from datetime import UTC, date, datetime, time, timedelta

from webapp.words import UK

FURTHEST = timedelta(days=366)
_TIME = re.compile(r"(\d{1,2})(?:[:.h]?(\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?", re.ASCII | re.IGNORECASE)


class WrongMoment(ValueError):
    """A sentence for the person who wrote it; `field` is "date" or "time"."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


def read_date(day: str, month: str, year: str) -> date:
    """Raises WrongMoment."""
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        raise WrongMoment("date", "Enter a real date, for example 25 11 2026.") from None


def read_time(text: str) -> time:
    """“9:30am”, “09:30”, “14.05” or “9am”. Raises WrongMoment."""
    found = _TIME.fullmatch(text.strip())
    if not found or not (found[2] or found[3]):
        raise WrongMoment("time", "Enter a time, for example 9:30am.")
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").replace(".", "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise WrongMoment("time", "Enter a time, for example 9:30am.")
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        raise WrongMoment("time", "Enter a time, for example 9:30am.") from None


def moment(on: date, at: time, now: datetime) -> datetime:
    """In UTC. An hour that happens twice in autumn means its first time; one that spring leaves out is refused.

    Raises WrongMoment, also for what has passed and for more than a year ahead.
    """
    local = datetime.combine(on, at, UK)
    found = local.astimezone(UTC)
    if found.astimezone(UK).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise WrongMoment("time", "There is no such time on that day, because the clocks go forward. Choose another.")
    if found <= now:
        raise WrongMoment("date" if on < now.astimezone(UK).date() else "time", "Choose a time that has not passed.")
    if found - now > FURTHEST:
        raise WrongMoment("date", "Choose a date within a year from now.")
    return found
