"""From the bytes of an uploaded file to a checked list of patients. No web, no database."""

from messaging.patient_list.patient_list import AcceptedRows, PatientList, read_patient_list
from messaging.patient_list.refusals import MAX_BYTES, MAX_ROWS, ListRefused
from messaging.patient_list.rows import AcceptedRow, Concern, ConcernKind, RefusedRow

__all__ = [
    "MAX_BYTES",
    "MAX_ROWS",
    "AcceptedRow",
    "AcceptedRows",
    "Concern",
    "ConcernKind",
    "ListRefused",
    "PatientList",
    "RefusedRow",
    "read_patient_list",
]
