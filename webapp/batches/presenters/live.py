"""The part of View Details that moves by itself. The page and the poll show the same, because both ask here."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from messaging import batches
from messaging.config import settings
from messaging.models import Batch, BatchStatus
from webapp.batches.presenters.chart import Chart, draw_chart
from webapp.batches.presenters.status import Tag, is_due, sentence_of, tag_of

# Seconds between polls: quick while mail goes out, patient while most reports come back, then slow.
QUICK, PATIENT, SLOW = 3, 5, 30
MOST_REPORTS_WITHIN = timedelta(minutes=30)  # of the end


@dataclass(frozen=True, slots=True)
class Bar:
    """How much of the work is done."""

    value: int
    of: int
    what: str


@dataclass(frozen=True, slots=True)
class Live:
    tag: Tag
    sentence: str
    patients: int
    handed_over: int
    delivered: int
    failed: int
    gone: int
    waiting: int
    not_sent: int
    bar: Bar | None
    in_doubt: int
    warning: str
    chart: Chart | None
    poll_seconds: int  # 0: nothing can change any more

    @property
    def state(self) -> str:
        """Changes when there is something to say aloud."""
        return self.tag.text.lower()

    @property
    def digest(self) -> str:
        """Equal for what looks the same."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def present_live(batch: Batch, now: datetime) -> Live:
    progress = batches.progress_at_once(batch)
    figures = progress.figures
    return Live(
        tag=tag_of(batch, now),
        sentence=sentence_of(batch, progress, now),
        patients=figures.patients,
        handed_over=figures.handed_over,
        delivered=figures.delivered,
        failed=figures.failed,
        gone=figures.gone,
        waiting=figures.to_go,
        not_sent=figures.not_sent,
        bar=_bar(batch, figures),
        in_doubt=progress.in_doubt,
        warning=_warning(batch, progress, now),
        chart=draw_chart(progress.steps),
        poll_seconds=_poll_seconds(batch, figures, now),
    )


def _bar(batch: Batch, figures: batches.Figures) -> Bar | None:
    if batch.status is not BatchStatus.SENDING:
        return None
    if batch.is_being_made and not figures.gone:
        return Bar(min(batch.messages_made, figures.patients), figures.patients, "messages ready")
    return Bar(figures.gone, figures.patients, "done")


def _warning(batch: Batch, progress: batches.Progress, now: datetime) -> str:
    if not (batch.is_moving and is_due(batch, now)):
        return ""
    if progress.workers is None:
        return "The queue does not answer, so nothing is sent now. Nothing is lost: it goes on when the queue is back."
    if progress.workers == 0:
        return "No worker is running, so nothing is sent now. Nothing is lost. Tell your administrator."
    return ""


def _poll_seconds(batch: Batch, figures: batches.Figures, now: datetime) -> int:
    match batch.status:
        case BatchStatus.DRAFT:
            return 0
        case BatchStatus.SCHEDULED:
            return PATIENT if is_due(batch, now + timedelta(minutes=1)) else SLOW
        case BatchStatus.SENDING:
            return PATIENT if batch.is_held or batch.waiting_since else QUICK
        case BatchStatus.DONE | BatchStatus.STOPPED:
            if figures.to_go:
                return QUICK
            since = now - (batch.done_at or batch.stopped_at or now)
            if since < MOST_REPORTS_WITHIN:
                return PATIENT
            return SLOW if since < timedelta(days=settings().reports_count_days) else 0
