"""What is known of one row of a patient list."""

from dataclasses import dataclass
from enum import StrEnum

from messaging.contact_details import NhsNumber


class ConcernKind(StrEnum):
    """What a person should look at before a patient is sent to."""

    DUPLICATE = "duplicate"
    SHARED_ADDRESS = "shared_address"
    TYPING_SLIP = "typing_slip"


@dataclass(frozen=True, slots=True)
class Concern:
    """A question about an accepted row. `detail` is the other rows ("row 12") or the domain that may be meant."""

    kind: ConcernKind
    detail: str


@dataclass(frozen=True, slots=True)
class AcceptedRow:
    """A patient who can be sent to. Texts are on one line, without control characters, "" where nothing is known."""

    row_number: int
    nhs_number: NhsNumber
    email: str
    first_name: str
    surname: str
    date_of_birth: str
    mobile: str
    emis_number: str
    fields: dict[str, str]
    concerns: tuple[Concern, ...]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that will not be sent. `column` is the heading as written, or "" when the whole row is meant."""

    row_number: int
    nhs_number: str
    column: str
    value: str
    problem: str
    mend: str
    code: str
