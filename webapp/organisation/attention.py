"""What needs a person: shown on the home page, and only then."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from messaging import queue
from messaging.db import db, utcnow
from messaging.models import Batch, BatchStatus, DeliveryReceipt, EvidenceKind, Message, MessageStatus, Organisation
from messaging.reasons import Reason
from webapp.words import number, plural

LATELY = timedelta(days=2)
LINES_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, and where to go about it (an endpoint and its values), if anywhere."""

    text: str
    endpoint: str = ""
    values: tuple[tuple[str, int], ...] = ()
    link: str = ""


def of(practice: Organisation) -> list[Notice]:
    return [*_held(practice), *_refused_lately(practice), *_nobody_works()]


def under_way(practice: Organisation) -> list[str]:
    """“Flu invitations: sending, 1,204 of 2,914”, newest first."""
    moving = db.session.scalars(
        select(Batch)
        .where(Batch.organisation_id == practice.id, Batch.status == BatchStatus.SENDING)
        .order_by(Batch.created_at.desc())
        .limit(LINES_AT_MOST)
    ).all()
    counts: dict[int, dict[MessageStatus, int]] = {batch.id: {} for batch in moving}
    rows = db.session.execute(
        select(Message.batch_id, Message.status, func.count())
        .where(Message.batch_id.in_(counts))
        .group_by(Message.batch_id, Message.status)
    )
    for batch_id, status, count in rows:
        counts[batch_id][status] = count
    return [_line(batch, counts[batch.id]) for batch in moving]


def _line(batch: Batch, counts: dict[MessageStatus, int]) -> str:
    waiting = counts.get(MessageStatus.QUEUED, 0) + counts.get(MessageStatus.SENDING, 0)
    total = sum(counts.values())
    state = "held" if batch.is_held else "sending"
    return f"{batch.name or batch.subject}: {state}, {number(total - waiting)} of {number(total)}"


def _held(practice: Organisation) -> Iterator[Notice]:
    held = db.session.scalars(
        select(Batch)
        .where(
            Batch.organisation_id == practice.id,
            Batch.status == BatchStatus.SENDING,
            Batch.held_at.is_not(None),
        )
        .order_by(Batch.held_at.desc())
        .limit(LINES_AT_MOST)
    )
    for batch in held:
        yield Notice(
            f"“{batch.name or batch.subject}” is held. The mail server refuses your practice’s mail, "
            "so no more is sent until a person has looked.",
            "batches.details",
            (("batch_id", batch.id),),
            "Look at this batch",
        )


def _refused_lately(practice: Organisation) -> Iterator[Notice]:
    refused = db.session.scalar(
        select(func.count(DeliveryReceipt.message_id.distinct()))
        .join(Message, DeliveryReceipt.message_id == Message.id)
        .join(Batch, Message.batch_id == Batch.id)
        .where(
            DeliveryReceipt.kind == EvidenceKind.FAILED,  # what was only put off may still go
            DeliveryReceipt.reason == Reason.OUR_MAIL_REFUSED.value,
            DeliveryReceipt.received_at > utcnow() - LATELY,
            Batch.organisation_id == practice.id,
        )
    )
    if refused:
        yield Notice(
            f"Email providers refused {plural(refused, 'message')} of yours in the last 2 days because of how "
            "your mail is set up. The patients’ addresses are probably right.",
            "mail.health",
            link="See mail health",
        )


def _nobody_works() -> Iterator[Notice]:
    workers = queue.count_workers()
    if workers is None:
        yield Notice(
            "The queue (Redis) does not answer. Nothing is sent until it is back; nothing is lost. "
            "Tell your administrator."
        )
    elif not workers:
        yield Notice("No worker is running, so nothing is sent now; nothing is lost. Tell your administrator.")
