"""Deleting a draft: gone with its list, in one go; nothing else of the practice is touched."""

import pytest
from sqlalchemy import func, select

from messaging import batches
from messaging.db import db
from messaging.models import AuditEntry, Batch, Concern, Recipient, RefusedRow
from tests.cast import Cast
from tests.databases import BOTH
from tests.messaging.batch_drafts import ADA, BEN, a_draft

pytestmark = BOTH
ROWS = (ADA, ADA, BEN, "1,Bad,Row,x@example.org,")


def rows_of(batch_id: int) -> list[int]:
    """How many of each kind hang on it."""
    counts = (select(func.count()).where(model.batch_id == batch_id) for model in (Recipient, Concern, RefusedRow))
    return [db.session.scalar(count) or 0 for count in counts]


def test_its_list_goes_with_it_and_another_draft_keeps_its_own(cast: Cast) -> None:
    draft, other = a_draft(cast, *ROWS), a_draft(cast, *ROWS)
    gone, kept = draft.id, other.id
    assert rows_of(gone) == rows_of(kept) == [3, 1, 1]

    batches.delete_draft(draft, cast.bob)

    assert rows_of(gone) == [0, 0, 0]
    assert rows_of(kept) == [3, 1, 1]
    assert db.session.scalars(select(Batch.id)).all() == [kept]


def test_it_is_written_down_who_deleted_it(cast: Cast) -> None:
    draft = a_draft(cast, *ROWS)
    number = draft.id

    batches.delete_draft(draft, cast.bob)

    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "draft deleted")).one()
    assert (entry.actor, entry.subject_type, entry.subject_id) == (f"user {cast.bob.id}", "batch", number)
    assert (entry.organisation_id, entry.detail) == (cast.riverside.id, {"patients": 2})


def test_what_was_approved_is_never_deleted(cast: Cast) -> None:
    batch = a_draft(cast)
    batches.approve(batch, cast.alice)

    with pytest.raises(batches.NotADraft):
        batches.delete_draft(batch, cast.alice)

    assert rows_of(batch.id)[0] == 3


def test_a_tab_that_still_shows_it_is_told_so(cast: Cast) -> None:
    draft = a_draft(cast)
    db.session.expunge(draft)  # as another process holds it
    batches.delete_draft(db.session.get_one(Batch, draft.id), cast.alice)
    db.session.add(draft)

    for deed in (
        lambda: batches.compose(draft, "Flu", "Your flu jab", "Other words"),
        lambda: batches.approve(draft, cast.alice),
        lambda: batches.delete_draft(draft, cast.alice),
    ):
        with pytest.raises(batches.NotADraft):
            deed()


def test_its_number_is_never_given_to_another(cast: Cast) -> None:
    draft = a_draft(cast)
    number = draft.id
    batches.delete_draft(draft, cast.alice)

    assert a_draft(cast).id > number
