"""What a page that moves is told: figures, the course of the sending and doubts, in one statement."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from messaging import batches, making
from messaging.batches import snapshots
from messaging.batches.readings import Step, read_progress
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus, Message, MessageStatus, Organisation, Recipient
from messaging.transitions import advance
from tests.cast import Cast
from tests.databases import BOTH
from tests.messaging.batch_drafts import ADA, BEN, CAT, a_draft

pytestmark = BOTH

BEGAN = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
def batch(cast: Cast) -> Batch:
    """Started at nine: Ada's handed over after 2 s, Ben's failed after 65 s, Cat's in doubt, and one left out."""
    made = a_draft(cast, ADA, BEN, CAT, ADA)
    batches.approve(made, cast.bob)
    with transaction():
        advance(Batch, BatchStatus.SENDING, Batch.id == made.id, started_at=BEGAN)
        patients = db.session.query(Recipient).filter_by(left_out=False).order_by(Recipient.id)
        ada, ben, cat = (Message(batch_id=made.id, recipient_id=p.id, to_address=p.email) for p in patients)
        db.session.add_all([ada, ben, cat])
        db.session.flush()
        advance(Message, MessageStatus.SENDING, Message.batch_id == made.id)
        advance(Message, MessageStatus.SENT, Message.id == ada.id, sent_at=BEGAN + timedelta(seconds=2))
        advance(Message, MessageStatus.FAILED, Message.id == ben.id, failed_at=BEGAN + timedelta(seconds=65))
        cat.in_doubt_at = BEGAN
    db.session.refresh(made)
    return made


def count_statements(do: Any) -> int:
    statements: list[str] = []

    def note(_c: Any, _cu: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        do()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len([statement for statement in statements if not statement.startswith("BEGIN")])


def test_it_is_known_how_many_messages_are_made_also_after_a_crash(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MADE_AT_ONCE", 2)
    made = a_draft(cast, ADA, ADA, BEN, CAT)  # the second Ada is left out
    batches.approve(made, cast.bob)
    with transaction():
        advance(Batch, BatchStatus.SENDING, Batch.id == made.id, started_at=BEGAN)

    def known() -> int:
        return db.session.get_one(Batch, made.id, populate_existing=True).messages_made

    last = making.make_set(made.id, after=0)
    assert known() == 1
    assert last is not None
    making.make_set(made.id, after=0)  # whoever takes it up begins at the beginning
    assert known() == 1
    making.make_set(made.id, after=last)
    assert known() == 3


def test_every_patient_stands_in_one_place(batch: Batch) -> None:
    figures = batches.figures(batch)

    assert (figures.patients, figures.left_out) == (3, 1)
    assert (figures.handed_over, figures.failed, figures.in_flight, figures.waiting) == (1, 1, 1, 0)
    assert (figures.gone, figures.to_go) == (2, 1)


def test_progress_says_the_same_as_the_figures_and_when_it_happened(batch: Batch) -> None:
    with transaction():
        batch.done_at = BEGAN + timedelta(seconds=70)
    found = read_progress(batch)

    assert found.figures == batches.figures(batch)
    assert found.steps == (
        Step(BEGAN + timedelta(seconds=2), handed_over=1, failed=0),
        Step(BEGAN + timedelta(seconds=65), handed_over=0, failed=1),
    )
    assert found.in_doubt == 1
    assert found.workers is None  # Redis is away


def test_steps_grow_with_the_time_that_the_sending_took(batch: Batch) -> None:
    with transaction():
        batch.done_at = BEGAN + timedelta(hours=4)
    found = read_progress(batch)

    assert found.steps == (
        Step(BEGAN, handed_over=1, failed=0),
        Step(BEGAN + timedelta(seconds=60), handed_over=0, failed=1),
    )


def test_it_asks_the_database_once_however_many_watch(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "KEPT_AT_LEAST", 600.0)

    assert count_statements(lambda: [batches.progress(batch) for _ in range(20)]) == 1


def test_it_asks_again_after_a_moment(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "KEPT_AT_LEAST", 0.0)
    monkeypatch.setattr(snapshots, "COST_SHARE", 0)

    assert count_statements(lambda: [batches.progress(batch) for _ in range(3)]) == 3


def test_the_course_is_counted_more_seldom_than_the_figures(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "KEPT_AT_LEAST", 0.0)
    monkeypatch.setattr(snapshots, "COST_SHARE", 0)
    monkeypatch.setattr(snapshots, "STEPS_COST_SHARE", 1_000_000)
    before = batches.progress(batch)
    with transaction():
        advance(Message, MessageStatus.FAILED, Message.in_doubt_at.is_not(None), failed_at=utcnow(), in_doubt_at=None)

    after = batches.progress(batch)

    assert (before.figures.failed, after.figures.failed) == (1, 2)
    assert (before.in_doubt, after.in_doubt) == (1, 0)
    assert after.steps == before.steps
    assert after.steps_at == before.steps_at


def test_the_course_is_not_counted_again_while_nothing_happens(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEPT_AT_LEAST", "COST_SHARE", "STEPS_COST_SHARE"):
        monkeypatch.setattr(snapshots, name, 0)
    before = batches.progress(batch)
    assert batches.progress(batch).steps_at == before.steps_at

    with transaction():
        advance(Message, MessageStatus.FAILED, Message.in_doubt_at.is_not(None), failed_at=utcnow(), in_doubt_at=None)

    assert batches.progress(batch).figures.failed == 2
    assert batches.progress(batch).steps_at > before.steps_at


def test_a_page_shows_what_is_kept_and_has_it_counted_anew_afterwards(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "KEPT_AT_LEAST", 0.0)
    monkeypatch.setattr(snapshots, "COST_SHARE", 0)
    batches.progress_at_once(batch)
    with transaction():
        advance(Message, MessageStatus.FAILED, Message.in_doubt_at.is_not(None), failed_at=utcnow(), in_doubt_at=None)

    assert count_statements(lambda: batches.progress_at_once(batch)) == 0
    assert batches.progress_at_once(batch).figures.failed == 1
    renew = batches.renewal(batch)
    assert renew is not None
    assert count_statements(renew) == 1
    assert batches.progress_at_once(batch).figures.failed == 2


def test_what_nobody_looked_at_for_long_is_counted_before_it_is_shown(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "KEPT_AT_LEAST", 600.0)
    batches.progress_at_once(batch)
    assert batches.renewal(batch) is None  # it is new
    monkeypatch.setattr(snapshots, "KEPT_AT_MOST", 0.0)
    monkeypatch.setattr(snapshots, "KEPT_AT_LEAST", 0.0)
    batches.look_again(batch)
    batches.progress_at_once(batch)

    assert count_statements(lambda: batches.progress_at_once(batch)) == 1


def test_a_draft_shows_every_change_at_once(cast: Cast) -> None:
    draft = a_draft(cast, ADA, BEN)
    assert batches.progress_at_once(draft).figures.left_out == 0
    with transaction():
        db.session.execute(update(Recipient).values(left_out=True))

    assert batches.progress_at_once(draft).figures.left_out == 2
    assert batches.renewal(draft) is None


def test_a_change_of_state_shows_at_once(cast: Cast, batch: Batch) -> None:
    assert batches.progress(batch).figures.not_sent == 0
    with transaction():
        db.session.execute(update(Message).values(in_doubt_at=None))
    batches.stop(batch, cast.bob)

    with transaction():
        advance(Message, MessageStatus.QUEUED, Message.status == MessageStatus.SENDING)
        advance(Message, MessageStatus.CANCELLED, Message.batch_id == batch.id)
    assert batches.progress(batch).figures.not_sent == 1


def test_another_batch_has_its_own_progress(cast: Cast, batch: Batch) -> None:
    other = a_draft(cast, ADA, BEN)

    assert batches.progress(batch).figures.patients == 3
    assert batches.progress(other).figures.patients == 2


def test_the_list_shows_drafts_first_then_the_newest_each_with_its_figures(cast: Cast, batch: Batch) -> None:
    later = a_draft(cast, name="Later")
    batches.approve(later, cast.bob)
    draft = a_draft(cast, ADA, name="Draft")

    listed = batches.list_batches(cast.riverside)

    assert [(b.id, f.patients, f.failed) for b, f in listed] == [
        (draft.id, 1, 0),
        (later.id, 3, 0),
        (batch.id, 3, 1),
    ]
    assert batches.count_batches(cast.riverside) == 3


@pytest.mark.parametrize(
    ("words", "status", "found"),
    [
        ("lat", None, ["Later"]),
        ("jab flu", None, ["Later", "Flu"]),
        ("", BatchStatus.SENDING, ["Flu"]),
        ("%", None, []),
    ],
)
def test_the_list_is_searched_by_words_and_filtered_by_status(
    cast: Cast, batch: Batch, words: str, status: BatchStatus | None, found: list[str]
) -> None:
    batches.approve(a_draft(cast, name="Later flu"), cast.bob)

    listed = batches.list_batches(cast.riverside, words=words, status=status)

    assert [b.name.removesuffix(" flu") for b, _ in listed] == found


def test_the_list_holds_nothing_of_another_practice(cast: Cast, batch: Batch) -> None:
    assert batches.list_batches(db.session.get_one(Organisation, cast.hilltop.id)) == []
