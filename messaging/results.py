"""Recording what the smart host answered: the state of the message, and beside it the evidence.

Messages that were accepted are recorded many at once; anything else is rare, and keeps the server's words.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from messaging import retries, suppressions
from messaging.answers import Judgement, Verdict
from messaging.claims import Claimed, cancel_if_stopped
from messaging.db import db, upsert, utcnow
from messaging.gateways.base import Answer
from messaging.models import DeliveryReceipt, EvidenceKind, Message, MessageStatus, Source, WhenInDoubt
from messaging.reasons import Reason
from messaging.transitions import advance, advance_each

NO_ANSWER = "The mail server did not answer after it had the whole message"


@dataclass(slots=True)
class Result:
    """What became of one attempt. Not for Verdict.BACK, which changes nothing."""

    message: Claimed
    judgement: Judgement
    answer: Answer


def record(results: Sequence[Result], worker: str, when_in_doubt: WhenInDoubt) -> None:
    """Call inside transaction(). What is no longer this worker's stays as it is."""
    now = utcnow()
    record_accepted([result for result in results if result.judgement.verdict is Verdict.SENT], worker, now)
    for result in results:
        if result.judgement.verdict is not Verdict.SENT:
            _record_one(result, worker, when_in_doubt, now)


def record_accepted(
    results: Sequence[Result], worker: str, now: datetime, connection: Connection | None = None
) -> None:
    """Many at once. Call inside transaction(), or with a connection that is in one."""
    advance_each(
        MessageStatus.SENT,
        [{"id": result.message.id, "answer": result.answer.words} for result in results],
        claimed_by=worker,
        connection=connection,
        sent_at=now,
        reason="",
    )


def _record_one(result: Result, worker: str, when_in_doubt: WhenInDoubt, now: datetime) -> None:
    message, judgement = result.message, result.judgement
    if judgement.verdict is Verdict.FAILED:
        _fail(result, worker, judgement.reason or Reason.UNKNOWN, now)
    elif _is_put_off(judgement) and retries.is_over(message.first_tried_at, now):
        _fail(result, worker, Reason.NOT_REACHED_IN_TIME, now)
    elif judgement.verdict is Verdict.UNCERTAIN:
        _doubt(result, worker, when_in_doubt, now)
    else:
        _put_off(result, worker, now)


def _is_put_off(judgement: Judgement) -> bool:
    return judgement.verdict is Verdict.LATER or (judgement.verdict is Verdict.OURS and not judgement.for_good)


def _fail(result: Result, worker: str, reason: Reason, now: datetime) -> None:
    message = result.message
    if not _move(result, worker, MessageStatus.FAILED, reason=reason.value, failed_at=now):
        return
    _keep(result, EvidenceKind.FAILED, reason, now, permanent=result.judgement.for_good, applied=True)
    if reason.address_is_wrong and result.judgement.for_good:
        suppressions.suppress(message.organisation_id, message.to_address, reason.value, message.id)


def _put_off(result: Result, worker: str, now: datetime) -> None:
    """Again later. A refusal of us that is for good keeps its reason, so that the batch can be held for it."""
    message, judgement = result.message, result.judgement
    ours = judgement.verdict is Verdict.OURS
    moved = _move(
        result,
        worker,
        MessageStatus.QUEUED,
        reason=Reason.OUR_MAIL_REFUSED.value if ours and judgement.for_good else "",
        send_after=now + retries.wait_after(message.attempts + 1),
        first_tried_at=message.first_tried_at or now,
    )
    if moved:
        reason = judgement.reason or Reason.NOT_REACHED_IN_TIME
        _keep(result, EvidenceKind.DELAYED, reason, now, permanent=False, applied=False)
        cancel_if_stopped(message.batch_id)


def _doubt(result: Result, worker: str, when_in_doubt: WhenInDoubt, now: datetime) -> None:
    """It may have gone. Once it may go again by itself, if the practice says so; never a third time."""
    message = result.message
    _keep(result, EvidenceKind.OTHER, None, now, permanent=False, applied=False)
    if when_in_doubt is WhenInDoubt.SEND and not message.may_be_twice:
        send_after = now + retries.wait_after(1)
        _move(result, worker, MessageStatus.QUEUED, may_be_twice=True, send_after=send_after)
        cancel_if_stopped(message.batch_id)
        return
    db.session.execute(
        update(Message)
        .where(Message.id == message.id, Message.claimed_by == worker, Message.status == MessageStatus.SENDING)
        .values(in_doubt_at=now, claimed_by=None, lease_until=None, answer=NO_ANSWER, attempts=Message.attempts + 1)
        .execution_options(synchronize_session=False)
    )


def _move(result: Result, worker: str, to: MessageStatus, **values: Any) -> bool:
    moved = advance(
        Message,
        to,
        Message.id == result.message.id,
        Message.status == MessageStatus.SENDING,
        Message.claimed_by == worker,
        attempts=Message.attempts + 1,
        answer=result.answer.words,
        claimed_by=None,
        lease_until=None,
        started_at=None,
        **values,
    )
    return bool(moved)


def _keep(
    result: Result, kind: EvidenceKind, reason: Reason | None, now: datetime, *, permanent: bool, applied: bool
) -> None:
    message, answer = result.message, result.answer
    name = f"smtp {message.id} {message.created_at.isoformat()} {message.attempts + 1}"
    row = {
        "evidence_id": hashlib.sha256(name.encode()).hexdigest(),
        "message_id": message.id,
        "source": Source.SMTP,
        "kind": kind,
        "applied": applied,
        "received_at": now,
        "status": answer.status,
        "smtp_code": answer.code,
        "reason": reason.value if reason else "",
        "permanent": permanent,
        "address": "",
        "reporting_mta": "",
        "diagnostic": answer.words if answer.code is not None or reason else NO_ANSWER,
        "understood": True,
        "via": "smtp",
    }
    db.session.execute(upsert(DeliveryReceipt).on_conflict_do_nothing(), [row])
