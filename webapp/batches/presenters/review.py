"""Review Patient List in words."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from messaging import batches
from messaging.batches.refused import RefusedGroup
from messaging.models import Batch, Concern, ConcernKind, Recipient, RefusedRow
from messaging.reasons import Reason
from webapp.words import number, uk_date

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of thing to check, with the decision that stands."""

    kind: ConcernKind
    heading: str
    explanation: str
    patients: int
    left_out: int
    shown: list[tuple[Concern, Recipient, str]]

    @property
    def standing(self) -> str:
        if self.left_out == self.patients:
            return "Now: left out." if self.patients == 1 else f"Now: all {number(self.patients)} are left out."
        if self.left_out:
            return f"Now: {number(self.left_out)} left out, {number(self.patients - self.left_out)} kept."
        return "Now: kept." if self.patients == 1 else f"Now: all {number(self.patients)} are kept."


@dataclass(frozen=True, slots=True)
class Review:
    rows: int
    accepted: int
    refused: int
    will_be_sent: int
    groups: list[RefusedGroup]
    refused_shown: list[RefusedRow]
    questions: list[Question]

    @property
    def left_out(self) -> int:
        return self.accepted - self.will_be_sent

    @property
    def to_check(self) -> int:
        return sum(question.patients for question in self.questions)


def present_review(batch: Batch) -> Review:
    groups = batches.group_refused(batch)
    refused = sum(group.rows for group in groups)
    return Review(
        rows=batch.list_rows,
        accepted=batch.list_rows - refused,
        refused=refused,
        will_be_sent=batches.count_patients(batch),
        groups=groups,
        refused_shown=list(islice(batches.refused_rows(batch, limit=SHOWN), SHOWN)),
        questions=[_question(batch, kind, counted) for kind, counted in batches.concern_counts(batch).items()],
    )


def _question(batch: Batch, kind: ConcernKind, counted: batches.Counted) -> Question:
    heading, explanation = QUESTIONS[kind]
    asked_about = batches.concerned(batch, kind, SHOWN)
    missed = _earlier_rows_left_out(batch, [concern for concern, _ in asked_about])
    shown = [
        (concern, patient, concern_in_words(concern) + (IS_LEFT_OUT if concern.detail in missed else ""))
        for concern, patient in asked_about
    ]
    return Question(
        kind, f"{heading} ({number(counted.patients)})", explanation, counted.patients, counted.left_out, shown
    )


QUESTIONS = {
    ConcernKind.DUPLICATE: (
        "The same patient twice",
        "These NHS numbers also stand in an earlier row. We leave the later row out, so that nobody gets two messages.",
    ),
    ConcernKind.SHARED_ADDRESS: (
        "Several patients with one email address",
        "Families often share an address, so we keep them. Each patient’s message goes there; "
        "leave them out if it is private.",
    ),
    ConcernKind.FAILED_BEFORE: (
        "An address that failed before",
        "An earlier message to this address did not arrive. We leave a patient out when the address itself was wrong, "
        "and keep them when it may work now, for example when the mailbox was full.",
    ),
    ConcernKind.TYPING_SLIP: (
        "A likely typing slip",
        "These addresses look mistyped. A message could reach a stranger, so we leave them out until you have checked.",
    ),
}


IS_LEFT_OUT = " That row is left out too, so keep this one if its address is right."


def _earlier_rows_left_out(batch: Batch, concerns: list[Concern]) -> set[str]:
    """What the concerns about duplicates name, where it will not be sent to: then nothing would reach the patient."""
    rows = {
        int(concern.detail.removeprefix("row ")): concern.detail
        for concern in concerns
        if concern.kind is ConcernKind.DUPLICATE and concern.leave_out
    }
    return {rows[row] for row in batches.left_out_rows(batch, rows)}


def concern_in_words(concern: Concern) -> str:
    match concern.kind:
        case ConcernKind.DUPLICATE:
            return f"The same NHS number is also in {concern.detail}."
        case ConcernKind.SHARED_ADDRESS:
            return f"The same address is also in {concern.detail}."
        case ConcernKind.TYPING_SLIP:
            return f"Is {concern.detail} meant?"
        case ConcernKind.FAILED_BEFORE:
            reason, _, since = concern.detail.partition(" ")
            return f"Failed on {uk_date(datetime.fromisoformat(since))}: {_in_a_sentence(Reason(reason).sentence)}"


def _in_a_sentence(text: str) -> str:
    return text[:1].lower() + text[1:]
