"""The status of a batch as a tag, and as one sentence."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from messaging.batches import Figures, Progress
from messaging.batches.readings import step_seconds
from messaging.models import Batch, BatchStatus
from webapp.words import number, plural, uk_date, uk_datetime, uk_time

LATELY = timedelta(seconds=60)
QUIET = timedelta(seconds=15)  # no message has come to its end for so long, while some are on the way


@dataclass(frozen=True, slots=True)
class Tag:
    text: str
    colour: str


def tag_of(batch: Batch, now: datetime) -> Tag:
    match batch.status:
        case BatchStatus.DRAFT:
            return Tag("Draft", "grey")
        case BatchStatus.SCHEDULED:
            return Tag("Queued", "yellow") if is_due(batch, now) else Tag("Scheduled", "purple")
        case BatchStatus.SENDING:
            return Tag("Held", "red") if batch.is_held else Tag("Sending", "blue")
        case BatchStatus.DONE:
            return Tag("Done", "green")
        case BatchStatus.STOPPED:
            return Tag("Stopped", "orange")


def is_due(batch: Batch, now: datetime) -> bool:
    return batch.scheduled_for is None or batch.scheduled_for <= now


def sentence_of(batch: Batch, progress: Progress, now: datetime) -> str:
    figures = progress.figures
    match batch.status:
        case BatchStatus.DRAFT:
            return "Nothing is sent yet."
        case BatchStatus.SCHEDULED if not is_due(batch, now):
            return f"It will be sent on {uk_datetime(batch.scheduled_for)}, UK time."
        case BatchStatus.SCHEDULED:
            return "It is next in line. Sending begins by itself."
        case BatchStatus.SENDING if batch.is_held:
            return (
                "The mail server refuses your practice’s mail, so nothing more is sent until somebody has looked. "
                f"{_handed_over(figures)}. No patient counts as failed because of it."
            )
        case BatchStatus.SENDING:
            return _while_sending(batch, progress, now)
        case BatchStatus.DONE:
            return f"Everything was sent by {uk_datetime(batch.done_at)}. {_handed_over(figures)}."
        case BatchStatus.STOPPED:
            return _after_stopping(batch, figures)


def _while_sending(batch: Batch, progress: Progress, now: datetime) -> str:
    figures = progress.figures
    if batch.is_being_made and not figures.gone:
        return "Getting the messages ready. Sending begins by itself."
    if batch.waiting_since is not None:
        return (
            f"{_handed_over(figures)}. The mail server has been away since {_when(batch.waiting_since, now)}; "
            "sending goes on by itself when it is back."
        )
    if _waits_for_an_answer(batch, progress, now):
        return f"{_handed_over(figures)}. Waiting for the mail server to answer."
    left = time_left(progress, batch.started_at)
    if not left and figures.gone and figures.to_go:
        left = f"{number(figures.to_go)} still to go; those that were put off are tried again by themselves"
    return f"{_handed_over(figures)}; {left}." if left else f"{_handed_over(figures)}."


def _waits_for_an_answer(batch: Batch, progress: Progress, now: datetime) -> bool:
    """Before the worker gives up on the mail server and notes it: by what was counted for the chart anyway."""
    figures, steps = progress.figures, progress.steps
    if not progress.workers or figures.in_flight <= progress.in_doubt or batch.started_at is None:
        return False
    if sum(step.handed_over + step.failed for step in steps) != figures.gone:
        return False  # something has happened since the steps were counted
    last = steps[-1].at + timedelta(seconds=step_seconds(batch, now)) if steps else batch.started_at
    return now - last >= QUIET


def _handed_over(figures: Figures) -> str:
    return f"{number(figures.handed_over + figures.delivered)} of {number(figures.patients)} handed over"


def _after_stopping(batch: Batch, figures: Figures) -> str:
    who = f" by {batch.stopped_by.display_name}" if batch.stopped_by else ""
    said = f"Stopped{who} on {uk_datetime(batch.stopped_at)}. {_handed_over(figures)}"
    if figures.to_go:
        return f"{said}; {plural(figures.to_go, 'message')} may still be on the way."
    return f"{said}; {plural(figures.not_sent, 'patient was', 'patients were')} not sent to."


def time_left(progress: Progress, started_at: datetime | None) -> str:
    """“about 4 minutes left”, from the pace of the last minute; nothing when there is no pace to go by."""
    to_go, counted_at = progress.figures.to_go, progress.steps_at
    if started_at is None or not to_go:
        return ""
    since = max(started_at, counted_at - LATELY)
    lately = sum(step.handed_over + step.failed for step in progress.steps if step.at >= since)
    seconds = (counted_at - since).total_seconds()
    if not lately or seconds < 1:
        return ""
    left = to_go * seconds / lately
    if left < 60:
        return "less than a minute left"
    minutes = round(left / 60)
    if minutes < 90:
        return f"about {plural(minutes, 'minute')} left"
    return f"about {plural(round(minutes / 60), 'hour')} left"


def _when(moment: datetime, now: datetime) -> str:
    return uk_time(moment) if uk_date(moment) == uk_date(now) else uk_datetime(moment)
