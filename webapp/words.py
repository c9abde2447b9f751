"""How things are written on pages: UK times, numbers with thousands, NHS numbers in threes."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from messaging.contact_details import format_nhs_number
from messaging.models import Recipient, RecipientStatus

UK = ZoneInfo("Europe/London")


def uk_date(moment: datetime | None) -> str:
    """“3 November 2026”, or nothing."""
    if moment is None:
        return ""
    local = moment.astimezone(UK)
    return f"{local.day} {local:%B %Y}"


def uk_time(moment: datetime | None) -> str:
    """“9:05am”, or nothing."""
    if moment is None:
        return ""
    local = moment.astimezone(UK)
    return f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def uk_datetime(moment: datetime | None) -> str:
    """“3 November 2026 at 9:05am”, or nothing."""
    return f"{uk_date(moment)} at {uk_time(moment)}" if moment else ""


def uk_sortable(moment: datetime | None) -> str:
    """“2026-11-03 09:05” for a spreadsheet, in UK time, or nothing."""
    return f"{moment.astimezone(UK):%Y-%m-%d %H:%M}" if moment else ""


def number(value: int) -> str:
    """“2,914”."""
    return f"{value:,}"


def plural(count: int, one: str, many: str = "") -> str:
    """“1 patient”, “2,914 patients”."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


@dataclass(frozen=True, slots=True)
class Tag:
    """A status in words, and the colour of its tag."""

    text: str
    colour: str


PATIENT_STATUS = {
    RecipientStatus.PENDING: Tag("Queued", "grey"),
    RecipientStatus.SENDING: Tag("Sending", "blue"),
    RecipientStatus.SENT: Tag("Handed over", "aqua-green"),
    RecipientStatus.REACHED: Tag("Delivered", "green"),
    RecipientStatus.FAILED: Tag("Failed to Deliver", "red"),
    RecipientStatus.CANCELLED: Tag("Not sent", "grey"),
}


def patient_status(recipient: Recipient) -> Tag:
    return Tag("Left out", "grey") if recipient.left_out else PATIENT_STATUS[recipient.status]


FILTERS = {
    "patient_status": patient_status,
    "uk_date": uk_date,
    "uk_time": uk_time,
    "uk_datetime": uk_datetime,
    "number": number,
    "nhs_number": format_nhs_number,
}
