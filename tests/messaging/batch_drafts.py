"""Lists of a few patients, and drafts made of them."""

import io

from messaging import batches
from messaging.models import Batch
from messaging.patient_list import PatientList, read_patient_list
from tests.cast import Cast

HEADINGS = "NHS Number,First Name,Surname,Email Address,Clinic"
ADA = "9434765919,Ada,Lovelace,ada@example.org,Monday"
BEN = "9990000018,Ben,Nevis,ben@example.org,Tuesday"
CAT = "9990000026,Cat,Stevens,cat@example.org,"


def a_list(*rows: str, headings: str = HEADINGS, filename: str = "flu.csv") -> PatientList:
    return read_patient_list(io.BytesIO("\n".join([headings, *rows]).encode()), filename)


def a_draft(
    cast: Cast, *rows: str, name: str = "Flu", subject: str = "Your flu jab", body: str = "Dear ((first name))"
) -> Batch:
    """Of Riverside's, with a list and words: ready to be approved, unless a test says otherwise."""
    batch = batches.create_draft(cast.riverside, cast.alice)
    batches.take_list(batch, a_list(*(rows or (ADA, BEN, CAT))), cast.alice)
    batches.compose(batch, name, subject, body)
    return batch
