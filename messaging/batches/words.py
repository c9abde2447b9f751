"""What still keeps a draft from being sent, in sentences; and the seal on what a person has read."""

import hashlib
import json
import re
from dataclasses import dataclass

from messaging.batches.drafts import LONGEST_BODY, LONGEST_NAME, LONGEST_SUBJECT
from messaging.batches.fields import available_fields, column_of
from messaging.batches.patients import count_patients, who_is_in
from messaging.contact_details import Refused, nhs_number
from messaging.models import Batch
from messaging.personalisation import fields_in, has_broken_field, unknown_fields

_LONG_NUMBER = re.compile(r"\d(?:[ \-]?\d){9}")
NOT_IN_A_SUBJECT = {
    "nhs_number": "NHS number",
    "date_of_birth": "date of birth",
    "emis_number": "EMIS number",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`field` is where to mend it: patients, name, subject, body or practice."""

    field: str
    sentence: str


def problems(batch: Batch) -> list[Problem]:
    """Empty when the batch can be sent."""
    found = problems_of_words(batch)
    if not count_patients(batch):
        sentence = (
            "No patient in the list can be sent to. Upload a list with at least one accepted patient."
            if batch.list_filename
            else "There is no patient list yet. Upload one."
        )
        found.insert(0, Problem("patients", sentence))
    if not batch.organisation.from_address:
        found.append(Problem("practice", "The practice has no from-address yet. A manager can set it in Settings."))
    return found


def problems_of_words(batch: Batch) -> list[Problem]:
    found = []
    if not batch.name:
        found.append(Problem("name", "Enter a name for this batch. Only staff see it."))
    if not batch.subject:
        found.append(Problem("subject", "Enter a subject."))
    if not batch.body:
        found.append(Problem("body", "Enter the message."))
    for field, text in (("subject", batch.subject), ("body", batch.body)):
        found += [Problem(field, sentence) for sentence in _unknown(batch, text)]
        if has_broken_field(text):
            found.append(Problem(field, "There is a (( that is no field. Close it with )), or take the brackets out."))
    return found + [Problem("subject", sentence) for sentence in _identifying(batch)]


def problems_of_length(name: str, subject: str, body: str) -> list[Problem]:
    """Judged before anything is kept, so that nothing is ever cut in silence."""
    limits = (
        ("name", "name", name, LONGEST_NAME),
        ("subject", "subject", subject, LONGEST_SUBJECT),
        ("body", "message", body, LONGEST_BODY),
    )
    return [
        Problem(field, f"The {word} must be {limit:,} characters or fewer. It has {len(text):,}.")
        for field, word, text, limit in limits
        if len(text) > limit
    ]


def seal(batch: Batch) -> str:
    """The same for as long as the same words would go to the same patients, so that nothing else is approved."""
    organisation = batch.organisation
    what = [
        batch.id,
        batch.name,
        batch.subject,
        batch.body,
        batch.list_taken_at.isoformat() if batch.list_taken_at else "",
        who_is_in(batch),
        organisation.name,
        organisation.from_address,
        organisation.reply_to,
    ]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


def _unknown(batch: Batch, text: str) -> list[str]:
    return [
        f"Your list has no column called (({field})). Take it out, or use one of the fields of your list."
        for field in unknown_fields(text, available_fields(batch))
    ]


def _identifying(batch: Batch) -> list[str]:
    """A subject is shown on a locked telephone and passes through every mail system in the open."""
    found = [
        f"Take (({field})) out of the subject: a subject can be read by others, so it must not hold "
        f"a patient’s {NOT_IN_A_SUBJECT[column]}."
        for field in fields_in(batch.subject)
        if (column := column_of(batch, field)) in NOT_IN_A_SUBJECT
    ]
    if any(_is_nhs_number(match[0]) for match in _LONG_NUMBER.finditer(batch.subject)):
        found.append("Take the NHS number out of the subject: a subject can be read by others.")
    return found


def _is_nhs_number(text: str) -> bool:
    try:
        nhs_number(text)
    except Refused:
        return False
    return True
