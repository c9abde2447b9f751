"""One patient in one batch: what was sent, what was heard, and what people did about it, the newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from messaging.db import db
from messaging.email_message import EmailTemplate, Rendered, values_of
from messaging.failures import reason_of
from messaging.models import Batch, BatchStatus, DeliveryReceipt, Message, MessageStatus, Recipient, Source, User
from messaging.personalisation import UnknownField
from webapp.recipients import evidence

OTHERS_AT_MOST = 10
EVIDENCE_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Event:
    """`words` are another computer's own: hostile text, kept behind a disclosure."""

    at: datetime
    heading: str
    text: str = ""
    words: str = ""
    named: str = ""  # an address that is not the one we wrote to
    receipt_id: int | None = None  # of a report that was not understood
    is_failure: bool = False


def events(batch: Batch, recipient: Recipient) -> list[Event]:
    message = db.session.scalar(select(Message).where(Message.recipient_id == recipient.id))
    found = list(_by_people(batch, recipient, message))
    if message:
        heard = _heard(message)
        found += [*_sent(message), *(_reported(receipt) for receipt in heard)]
        if message.status is MessageStatus.FAILED and not any(receipt.applied for receipt in heard):
            found.append(_refused_at_once(message))
    return sorted(found, key=lambda event: event.at, reverse=True)


def letter(batch: Batch, recipient: Recipient) -> Rendered | None:
    """The message in this patient's words; None for a draft, whose words may still change."""
    if batch.is_draft:
        return None
    try:
        return EmailTemplate(batch.organisation, batch.subject, batch.body).render(values_of(recipient))
    except UnknownField:
        return None


def other_batches(batch: Batch, recipient: Recipient) -> list[Recipient]:
    """The same NHS number in other batches of this practice, the newest first."""
    query = (
        select(Recipient)
        .join(Batch, Batch.id == Recipient.batch_id)
        .where(
            Batch.organisation_id == batch.organisation_id,
            Batch.status != BatchStatus.DRAFT,
            Recipient.nhs_number == recipient.nhs_number,
            Recipient.id != recipient.id,
        )
        .options(joinedload(Recipient.batch))
        .order_by(Batch.created_at.desc(), Recipient.id)
        .limit(OTHERS_AT_MOST)
    )
    return list(db.session.scalars(query))


def _heard(message: Message) -> list[DeliveryReceipt]:
    query = select(DeliveryReceipt).where(DeliveryReceipt.message_id == message.id)
    newest = query.order_by(DeliveryReceipt.received_at.desc(), DeliveryReceipt.id.desc())
    return list(db.session.scalars(newest.limit(EVIDENCE_AT_MOST)))


def _sent(message: Message) -> Iterator[Event]:
    yield Event(message.created_at, "Queued", f"By email to {message.to_address}.")
    if message.first_tried_at:
        waiting = message.status is MessageStatus.QUEUED
        yield Event(
            message.first_tried_at,
            "Put off",
            "The mail system asked us to try again later. We do, by ourselves, for up to 48 hours.",
            words=message.answer if waiting else "",
        )
    if message.sent_at:
        yield Event(
            message.sent_at,
            "Handed over",
            "The next mail system accepted the message. That does not confirm that the patient has it.",
            words=message.answer,
        )
    if message.may_be_twice:
        yield Event(
            message.sent_at or message.started_at or message.created_at,
            "May have been sent twice",
            "A computer stopped in the middle of sending, so the message was sent again.",
        )
    if message.in_doubt_at and message.status is MessageStatus.SENDING:
        yield Event(
            message.in_doubt_at,
            "Not certain",
            "A computer stopped in the middle of sending, so it is not known whether the message went. "
            "The page of the batch asks what to do.",
        )


def _refused_at_once(message: Message) -> Event:
    reason = reason_of(message.reason)
    return Event(
        message.failed_at or message.created_at,
        "Failed to Deliver",
        f"{reason.sentence} {reason.next_step}",
        words=message.answer,
        is_failure=True,
    )


def _reported(receipt: DeliveryReceipt) -> Event:
    heading, text = evidence.in_words(receipt)
    return Event(
        receipt.received_at,
        heading,
        text,
        words=receipt.diagnostic,
        named=receipt.address if receipt.source is Source.REPORT else "",
        receipt_id=None if receipt.understood else receipt.id,
        is_failure=receipt.applied,
    )


def _by_people(batch: Batch, recipient: Recipient, message: Message | None) -> Iterator[Event]:
    if recipient.left_out:
        yield Event(batch.approved_at or batch.created_at, "Left out", "It was decided not to send to this patient.")
    if message and message.status is MessageStatus.CANCELLED:
        yield Event(
            batch.stopped_at or message.created_at,
            "Not sent",
            f"The batch was stopped{_by(batch.stopped_by)} before this patient’s turn.",
        )
    if recipient.dealt_with_at:
        yield Event(recipient.dealt_with_at, "Dealt with", f"Marked as dealt with{_by(recipient.dealt_with_by)}.")


def _by(person: User | None) -> str:
    return f" by {person.display_name}" if person else ""
