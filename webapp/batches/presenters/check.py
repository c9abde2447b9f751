"""Check and send in words."""

from dataclasses import dataclass

from messaging import batches
from messaging.batches.words import Problem
from messaging.models import Batch, ConcernKind
from webapp.words import number, plural

LEFT_OUT_AS = {
    ConcernKind.DUPLICATE: "the same patient twice",
    ConcernKind.SHARED_ADDRESS: "one address for several patients",
    ConcernKind.FAILED_BEFORE: "the address failed before",
    ConcernKind.TYPING_SLIP: "a likely typing slip",
}


@dataclass(frozen=True, slots=True)
class Check:
    patients: int
    left_out: list[str]  # sentences: how many, and why
    problems: list[Problem]  # that keep it from being sent

    @property
    def button(self) -> str:
        return f"Send to {plural(self.patients, 'patient')}"


def present_check(batch: Batch) -> Check:
    patients = batches.count_patients(batch)
    refused = sum(group.rows for group in batches.group_refused(batch))
    left_out = batch.list_rows - refused - patients
    sentences = []
    if refused:
        sentences.append(f"{plural(refused, 'row')} of your file {'was' if refused == 1 else 'were'} not accepted.")
    if left_out:
        reasons = [
            f"{number(counted.left_out)} for “{LEFT_OUT_AS[kind]}”"
            for kind, counted in batches.concern_counts(batch).items()
            if counted.left_out
        ]
        sentences.append(
            f"{plural(left_out, 'accepted patient is', 'accepted patients are')} left out: {', '.join(reasons)}."
        )
    return Check(patients, sentences, batches.problems(batch))
