"""Approving once, whoever clicks how often; and stopping."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from messaging import batches, queue
from messaging.db import db, transaction, utcnow
from messaging.models import AuditEntry, Batch, BatchStatus, Message, MessageStatus, Recipient, RecipientStatus
from messaging.transitions import advance
from tests.cast import Cast
from tests.databases import BOTH
from tests.messaging.batch_drafts import ADA, BEN, CAT, a_draft, a_list

pytestmark = BOTH


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    jobs: list[tuple[object, ...]] = []
    monkeypatch.setattr(queue, "enqueue", lambda *job: jobs.append(job))
    return jobs


def approvals(batch: Batch) -> int:
    query = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "batch approved")
    return db.session.scalar(query.where(AuditEntry.subject_id == batch.id)) or 0


def test_approving_schedules_the_batch_for_now_and_tells_the_worker(
    cast: Cast, enqueued: list[tuple[object, ...]]
) -> None:
    batch = a_draft(cast)

    assert batches.approve(batch, cast.bob)

    assert batch.status is BatchStatus.SCHEDULED
    assert batch.approved_by_id == cast.bob.id
    assert batch.scheduled_for is not None
    assert utcnow() - batch.scheduled_for < timedelta(minutes=5)
    assert enqueued == [(queue.START_BATCH, batch.id)]


def test_a_second_click_changes_nothing(cast: Cast, enqueued: list[tuple[object, ...]]) -> None:
    batch = a_draft(cast)
    batches.approve(batch, cast.bob)

    assert not batches.approve(batch, cast.alice)

    assert batch.approved_by_id == cast.bob.id
    assert len(enqueued) == 1
    assert approvals(batch) == 1


def test_many_clicks_at_once_approve_once(base_app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = a_draft(cast)
    jobs: list[object] = []
    monkeypatch.setattr(queue, "enqueue", lambda *job: jobs.append(job))
    together = threading.Barrier(8)
    won: list[bool] = []

    def click() -> None:
        with base_app.app_context():
            mine = db.session.get(Batch, batch.id)
            assert mine is not None
            together.wait()
            won.append(batches.approve(mine, "a script"))

    clicks = [threading.Thread(target=click) for _ in range(8)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    assert sorted(won) == [False] * 7 + [True]
    assert len(jobs) == 1
    assert approvals(batch) == 1


def test_a_batch_for_later_waits_without_a_job(cast: Cast, enqueued: list[tuple[object, ...]]) -> None:
    batch = a_draft(cast)
    later = utcnow() + timedelta(days=1)

    assert batches.approve(batch, cast.bob, later)

    assert (batch.status, batch.scheduled_for) == (BatchStatus.SCHEDULED, later)
    assert enqueued == []


def test_an_unready_draft_is_refused_with_its_problems(cast: Cast) -> None:
    batch = a_draft(cast, subject="")

    with pytest.raises(batches.NotReady) as refused:
        batches.approve(batch, cast.bob)

    assert [problem.field for problem in refused.value.problems] == ["subject"]
    assert batch.is_draft
    assert approvals(batch) == 0


def test_what_was_changed_after_reading_is_not_sent(cast: Cast) -> None:
    batch = a_draft(cast)
    read = batches.seal(batch)
    batches.compose(batch, batch.name, batch.subject, "Something else")

    with pytest.raises(batches.ChangedSince):
        batches.approve(batch, cast.bob, seal=read)
    assert batch.is_draft

    assert batches.approve(batch, cast.bob, seal=batches.seal(batch))


def test_the_seal_breaks_when_as_many_other_patients_would_be_sent_to(cast: Cast) -> None:
    batch = a_draft(cast, ADA, BEN)
    read = batches.seal(batch)

    batches.take_list(batch, a_list(ADA, CAT), cast.alice)

    assert batches.seal(batch) != read


def test_it_is_approved_though_the_queue_is_away(cast: Cast) -> None:
    batch = a_draft(cast)

    assert batches.approve(batch, cast.bob)
    assert batch.status is BatchStatus.SCHEDULED


def test_stopping_cancels_what_is_queued_and_leaves_what_has_gone(cast: Cast) -> None:
    batch = a_sending_batch(cast)

    assert batches.stop(batch, cast.bob)

    assert batch.status is BatchStatus.STOPPED
    assert batch.stopped_by_id == cast.bob.id
    figures = batches.figures(batch)
    assert (figures.patients, figures.handed_over, figures.not_sent, figures.to_go) == (3, 1, 2, 0)


def test_stopping_again_changes_nothing(cast: Cast) -> None:
    batch = a_sending_batch(cast)
    batches.stop(batch, cast.bob)

    assert not batches.stop(batch, cast.alice)
    assert batch.stopped_by_id == cast.bob.id


def test_a_batch_that_waits_for_its_time_can_be_stopped(cast: Cast) -> None:
    batch = a_draft(cast)
    batches.approve(batch, cast.bob, utcnow() + timedelta(days=1))

    assert batches.stop(batch, cast.bob)

    assert batches.figures(batch).not_sent == 3
    statuses = db.session.scalars(select(Recipient.status)).all()
    assert set(statuses) == {RecipientStatus.CANCELLED}


def test_a_draft_cannot_be_stopped(cast: Cast) -> None:
    batch = a_draft(cast)

    assert not batches.stop(batch, cast.bob)
    assert batch.is_draft


def a_sending_batch(cast: Cast) -> Batch:
    """Ada has hers, Ben's is queued, Cat's is not made yet."""
    batch = a_draft(cast)
    batches.approve(batch, cast.bob)
    with transaction():
        advance(Batch, BatchStatus.SENDING, Batch.id == batch.id, started_at=utcnow())
        patients = db.session.scalars(select(Recipient).order_by(Recipient.row_number).limit(2)).all()
        messages = [Message(batch_id=batch.id, recipient_id=p.id, to_address=p.email) for p in patients]
        db.session.add_all(messages)
        db.session.flush()
        advance(Message, MessageStatus.SENDING, Message.id == messages[0].id)
        advance(Message, MessageStatus.SENT, Message.id == messages[0].id, sent_at=utcnow())
    db.session.refresh(batch)
    return batch
