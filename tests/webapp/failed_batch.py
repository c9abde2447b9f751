"""A batch of Riverside's that was sent: whom it reached, whom it did not, and what came back."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from messaging.db import db, transaction
from messaging.models import (
    Batch,
    BatchStatus,
    DeliveryReceipt,
    EvidenceKind,
    Message,
    MessageStatus,
    Organisation,
    Recipient,
    RecipientStatus,
    Source,
    User,
)
from messaging.reasons import Reason

SENT_AT = datetime(2026, 11, 3, 9, 5, tzinfo=UTC)
M, R = MessageStatus, RecipientStatus
FOLLOWS = {M.QUEUED: R.PENDING, M.SENDING: R.SENDING, M.SENT: R.SENT, M.FAILED: R.FAILED, M.CANCELLED: R.CANCELLED}


@dataclass(frozen=True)
class Patient:
    """A row to be: what stands in it, and what became of it."""

    first_name: str
    surname: str = "Example"
    nhs_number: str = "9434765919"
    email: str = "someone@example.com"
    mobile: str = "07700 900123"
    status: MessageStatus = M.SENT
    reason: Reason | None = None
    answer: str = "250 2.0.0 accepted"


ADA = Patient("Ada", "Lovelace", "9434765919", "ada@example.com", status=M.FAILED, reason=Reason.NO_SUCH_MAILBOX)
BEN = replace(ADA, first_name="Ben", surname="Nevis", nhs_number="9990548609", email="ben@example.net",
              reason=Reason.MAILBOX_FULL)  # fmt: skip
CAT = Patient("Cat", "Stevens", "4010232137", "cat@example.org")


def a_batch(organisation: Organisation, by: User, *patients: Patient, name: str = "Flu invitations") -> Batch:
    with transaction():
        batch = Batch(
            organisation_id=organisation.id,
            status=BatchStatus.DONE,
            name=name,
            subject="Your flu vaccination",
            body="Dear ((first name)),\n\nplease book.",
            list_filename="flu.csv",
            list_headings=["NHS Number", "Email Address", "First Name", "Surname"],
            created_by_id=by.id,
            approved_by_id=by.id,
            approved_at=SENT_AT,
            started_at=SENT_AT,
        )
        db.session.add(batch)
        db.session.flush()
        for row, patient in enumerate(patients, start=2):
            _add(batch, row, patient)
    return batch


def _add(batch: Batch, row: int, patient: Patient) -> None:
    recipient = Recipient(
        batch_id=batch.id,
        row_number=row,
        nhs_number=patient.nhs_number,
        email=patient.email,
        first_name=patient.first_name,
        surname=patient.surname,
        mobile=patient.mobile,
        fields={"First Name": patient.first_name, "Surname": patient.surname},
        status=FOLLOWS[patient.status],
    )
    db.session.add(recipient)
    db.session.flush()
    failed = patient.status is M.FAILED
    db.session.add(
        Message(
            batch_id=batch.id,
            recipient_id=recipient.id,
            to_address=patient.email,
            domain=patient.email.rpartition("@")[2],
            status=patient.status,
            created_at=SENT_AT - timedelta(minutes=1),
            sent_at=None if patient.status is M.QUEUED else SENT_AT,
            failed_at=SENT_AT + timedelta(minutes=row) if failed else None,
            reason=patient.reason.value if patient.reason else "",
            answer=patient.answer,
        )
    )


def patient_of(batch: Batch, first_name: str) -> Recipient:
    found = db.session.query(Recipient).filter_by(batch_id=batch.id, first_name=first_name).one()
    assert isinstance(found, Recipient)
    return found


def message_of(recipient: Recipient) -> Message:
    found = db.session.query(Message).filter_by(recipient_id=recipient.id).one()
    assert isinstance(found, Message)
    return found


def hears(recipient: Recipient, kind: EvidenceKind, **columns: Any) -> DeliveryReceipt:
    """A report about that patient's message."""
    with transaction():
        receipt = DeliveryReceipt(
            evidence_id=f"{recipient.id}-{kind}-{len(columns)}-{columns.get('diagnostic', '')}"[:64],
            message_id=message_of(recipient).id,
            source=columns.pop("source", Source.REPORT),
            kind=kind,
            received_at=columns.pop("received_at", SENT_AT + timedelta(hours=1)),
            **columns,
        )
        db.session.add(receipt)
    return receipt
