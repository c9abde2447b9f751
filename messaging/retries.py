"""When a message that was put off is tried again: waits that grow with jitter, from 1 minute to 4 hours, for 2 days."""

import random
from datetime import datetime, timedelta

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(hours=48)  # from the first time that it was put off
GROWTH = 2.0
JITTER = 0.25  # up to so much of the wait is added, so that those put off together do not come back together


def wait_after(attempts: int) -> timedelta:
    """The wait after so many attempts (1: the first one was put off)."""
    steps = min(max(attempts, 1) - 1, 20)
    wait: timedelta = min(FIRST_WAIT * GROWTH**steps, LONGEST_WAIT)
    return wait * (1 + random.uniform(0, JITTER))  # noqa: S311 - no secret


def is_over(first_tried_at: datetime | None, now: datetime) -> bool:
    """Whether their mail system had its two days."""
    return first_tried_at is not None and now - first_tried_at >= GIVE_UP_AFTER
