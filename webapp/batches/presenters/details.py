"""View Details: what stands still on the page, and the patients behind each figure."""

from dataclasses import dataclass

from messaging import batches
from messaging.models import Batch, Recipient, RecipientStatus
from webapp.paging import Paging
from webapp.words import number, plural, uk_datetime

R = RecipientStatus


@dataclass(frozen=True, slots=True)
class Happened:
    when: str
    what: str
    words: str = ""  # of a mail server: hostile text


@dataclass(frozen=True, slots=True)
class Details:
    patients: str
    happened: list[Happened]  # newest first


@dataclass(frozen=True, slots=True)
class Outcome:
    """Patients of a batch who have come to one place."""

    slug: str
    heading: str
    explanation: str
    words: str
    patients: list[Recipient]
    paging: Paging

    @property
    def rows(self) -> list[tuple[Recipient, str]]:
        return [(patient, "Left out" if patient.left_out else IN_WORDS[patient.status]) for patient in self.patients]


# Of each figure's page: its heading, what it means, and the patients' statuses.
OUTCOMES: dict[str, tuple[str, str, tuple[RecipientStatus, ...]]] = {
    "patients": ("Patients", "Everybody this batch is sent to.", tuple(R)),
    "handed-over": ("Handed over", "The next mail system has accepted the message.", (R.SENT,)),
    "delivered": ("Delivered", "Email is never counted here: mail systems do not confirm it reliably.", (R.REACHED,)),
    "waiting": ("Still to go", "These messages wait for their turn, or are on the way.", (R.PENDING, R.SENDING)),
    "not-sent": ("Not sent", "Sending was stopped before their turn.", (R.CANCELLED,)),
}
IN_WORDS = {
    R.PENDING: "Waiting",
    R.SENDING: "On the way",
    R.SENT: "Handed over",
    R.REACHED: "Delivered",
    R.FAILED: "Failed to Deliver",
    R.CANCELLED: "Not sent",
}


def present_details(batch: Batch) -> Details:
    figures = batches.progress_at_once(batch).figures
    left_out = f"; {plural(figures.left_out, 'patient')} left out" if figures.left_out else ""
    return Details(f"{number(figures.patients)} by email{left_out}", list(_happened(batch)))


def _happened(batch: Batch) -> list[Happened]:
    def by(person: object) -> str:
        return f" by {person.display_name}" if person else ""  # type: ignore[attr-defined]

    later = batch.approved_at and batch.scheduled_for and batch.scheduled_for > batch.approved_at
    plan = f", to be sent on {uk_datetime(batch.scheduled_for)}" if later else ""
    events = [
        (batch.created_at, f"Draft made{by(batch.created_by)}", ""),
        (batch.approved_at, f"Approved{by(batch.approved_by)}{plan}", ""),
        (batch.started_at, "Sending began", ""),
        (batch.held_at, "Held, because the mail server refuses your practice’s mail. It said:", batch.held_because),
        (batch.waiting_since, "The mail server went away. What we saw of it:", batch.waiting_because),
        (batch.done_at, "Everything was sent", ""),
        (batch.stopped_at, f"Stopped{by(batch.stopped_by)}", ""),
    ]
    known = sorted(((at, what, words) for at, what, words in events if at is not None), key=lambda event: event[0])
    return [Happened(uk_datetime(at), what, words) for at, what, words in reversed(known)]


def present_outcome(batch: Batch, slug: str, words: str, page: str | None) -> Outcome:
    heading, explanation, statuses = OUTCOMES[slug]
    paging = Paging.of(page, batches.count_found(batch, words, statuses))
    patients = batches.search_patients(batch, words, statuses, offset=paging.offset, limit=paging.rows)
    return Outcome(slug, heading, explanation, words, patients, paging)
