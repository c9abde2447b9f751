"""What one patient will read."""

import re
from dataclasses import dataclass

from messaging import batches
from messaging.email_message import EmailTemplate, values_of
from messaging.models import Batch, Recipient
from messaging.personalisation import unknown_fields
from webapp.words import plural

_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True, slots=True)
class Letter:
    """`patient` is None when the list has nobody to send to; then the fields stand in the words as they are written."""

    patient: Recipient | None
    sender: str
    reply_to: str
    subject: str
    paragraphs: list[str]
    empty: list[str]  # sentences about fields that are empty for some patients
    problems: list[str]  # sentences about fields the list does not have

    @property
    def characters(self) -> int:
        return sum(len(paragraph) for paragraph in self.paragraphs)


def choose_patient(batch: Batch, patient_id: int | None, show: str) -> Recipient | None:
    """`show` is what a button of the preview asks for: next, previous, longest, empty or random."""
    current = batches.one_patient(batch, patient_id) if patient_id is not None else None
    current = current or batches.one_patient(batch)
    if current is None:
        return None
    match show:
        case "next":
            return batches.neighbour(batch, current.id, 1)
        case "previous":
            return batches.neighbour(batch, current.id, -1)
        case "longest":
            return batches.longest(batch)
        case "empty":
            return batches.patients_without(batch) or current
        case "random":
            return batches.at_random(batch)
    return current


def present_letter(batch: Batch, patient: Recipient | None) -> Letter:
    values = values_of(patient) if patient else {}
    unknown = unknown_fields(f"{batch.subject}\n{batch.body}", values)
    values |= {field: f"(({field}))" for field in unknown}
    rendered = EmailTemplate(batch.organisation, batch.subject, batch.body).render(values)
    return Letter(
        patient,
        rendered.sender,
        rendered.reply_to,
        rendered.subject,
        [paragraph for paragraph in _PARAGRAPHS.split(rendered.text.strip()) if paragraph],
        [_empty(field, count) for field, count in batches.empty_counts(batch).items()] if patient else [],
        [problem.sentence for problem in batches.problems_of_words(batch) if "((" in problem.sentence],
    )


def _empty(field: str, count: int) -> str:
    return f"(({field})) is empty for {plural(count, 'patient')}: nothing will stand there."
