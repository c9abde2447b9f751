"""Taking a list into a draft: who is in, who is asked about, who is left out until somebody decides."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from messaging import batches
from messaging.db import db, transaction
from messaging.models import AuditEntry, Concern, ConcernKind, Recipient, RefusedRow, Suppression
from tests.cast import Cast
from tests.databases import BOTH
from tests.messaging.batch_drafts import ADA, BEN, CAT, a_draft, a_list

pytestmark = BOTH


def left_out(batch) -> dict[int, bool]:
    rows = db.session.execute(select(Recipient.row_number, Recipient.left_out).where(Recipient.batch_id == batch.id))
    return dict(rows.all())


def kinds(batch) -> dict[ConcernKind, tuple[int, int]]:
    return {kind: (c.patients, c.left_out) for kind, c in batches.concern_counts(batch).items()}


def test_it_keeps_every_row_with_its_number_in_the_file_and_every_column(cast: Cast) -> None:
    batch = a_draft(cast, ADA, "1234567890,Bad,Number,x@example.org,Friday", BEN)

    rows = db.session.scalars(select(Recipient).order_by(Recipient.row_number)).all()
    assert [(r.row_number, r.nhs_number, r.email, r.name) for r in rows] == [
        (2, "9434765919", "ada@example.org", "Ada Lovelace"),
        (4, "9990000018", "ben@example.org", "Ben Nevis"),
    ]
    assert rows[0].fields["Clinic"] == "Monday"
    (refused,) = batches.refused_rows(batch)
    assert (refused.row_number, refused.column, refused.nhs_number) == (3, "NHS Number", "1234567890")
    assert (batch.list_filename, batch.list_rows) == ("flu.csv", 3)


def test_it_leaves_out_the_later_row_of_the_same_patient(cast: Cast) -> None:
    batch = a_draft(cast, ADA, BEN, ADA.replace("Monday", "Friday"))

    assert kinds(batch) == {ConcernKind.DUPLICATE: (1, 1)}
    assert left_out(batch) == {2: False, 3: False, 4: True}
    assert batches.count_patients(batch) == 2


def test_it_keeps_patients_who_share_an_address(cast: Cast) -> None:
    batch = a_draft(cast, ADA, BEN.replace("ben@", "ada@"))

    assert kinds(batch) == {ConcernKind.SHARED_ADDRESS: (2, 0)}
    assert batches.count_patients(batch) == 2


def test_it_leaves_out_a_likely_typing_slip(cast: Cast) -> None:
    batch = a_draft(cast, ADA, BEN.replace("example.org", "gmial.com"))

    assert kinds(batch) == {ConcernKind.TYPING_SLIP: (1, 1)}
    ((concern, patient),) = batches.concerned(batch, ConcernKind.TYPING_SLIP)
    assert (concern.detail, patient.row_number, patient.left_out) == ("gmail.com", 3, True)


@pytest.mark.parametrize(("reason", "out"), [("no_such_mailbox", True), ("mailbox_full", False)])
def test_an_address_that_failed_before_is_left_out_only_when_it_is_wrong_for_good(
    cast: Cast, reason: str, out: bool
) -> None:
    since = datetime(2026, 11, 3, 9, tzinfo=UTC)
    with transaction():
        db.session.add(
            Suppression(organisation_id=cast.riverside.id, email="ada@example.org", reason=reason, since=since)
        )
        db.session.add(
            Suppression(organisation_id=cast.hilltop.id, email="ben@example.org", reason=reason, since=since)
        )

    batch = a_draft(cast, ADA.replace("ada@", "Ada@"), BEN)

    ((concern, patient),) = batches.concerned(batch, ConcernKind.FAILED_BEFORE)
    assert (concern.detail, patient.row_number) == (f"{reason} 2026-11-03T09:00:00+00:00", 2)
    assert patient.left_out is out


def test_a_decision_puts_every_patient_of_its_kind_back_in(cast: Cast) -> None:
    batch = a_draft(cast, ADA, ADA, BEN.replace("example.org", "gmial.com"))

    assert batches.decide(batch, ConcernKind.DUPLICATE, False, cast.bob) == 1

    assert left_out(batch) == {2: False, 3: False, 4: True}


def test_a_decision_about_one_patient_is_about_nobody_else(cast: Cast) -> None:
    batch = a_draft(cast, ADA, BEN.replace("ben@", "ada@"))
    first = batches.one_patient(batch)
    assert first is not None

    batches.decide(batch, ConcernKind.SHARED_ADDRESS, True, cast.bob, recipient_id=first.id)

    assert left_out(batch) == {2: True, 3: False}


def test_a_patient_with_two_questions_stays_out_until_both_say_keep(cast: Cast) -> None:
    slip = ADA.replace("example.org", "gmial.com")
    batch = a_draft(cast, slip, slip)
    assert left_out(batch) == {2: True, 3: True}

    batches.decide(batch, ConcernKind.DUPLICATE, False, cast.bob)
    assert left_out(batch) == {2: True, 3: True}

    batches.decide(batch, ConcernKind.TYPING_SLIP, False, cast.bob)
    assert left_out(batch) == {2: False, 3: False}


def test_a_new_list_takes_the_place_of_the_old_one_and_the_words_stay(cast: Cast) -> None:
    batch = a_draft(cast, ADA, ADA, "1,Bad,Number,x@example.org,")

    batches.take_list(batch, a_list(CAT, filename="second.csv"), cast.alice)

    for model, rows in ((Recipient, 1), (Concern, 0), (RefusedRow, 0)):
        assert db.session.scalar(select(func.count()).select_from(model)) == rows
    assert (batch.list_filename, batch.list_rows, batch.subject) == ("second.csv", 1, "Your flu jab")


def test_an_approved_batch_takes_no_list_and_no_decision(cast: Cast) -> None:
    batch = a_draft(cast)
    batches.approve(batch, cast.alice)

    with pytest.raises(batches.NotADraft):
        batches.take_list(batch, a_list(ADA), cast.alice)
    with pytest.raises(batches.NotADraft):
        batches.decide(batch, ConcernKind.DUPLICATE, False, cast.alice)
    assert batches.count_patients(batch) == 3


def test_a_list_that_breaks_half_way_leaves_the_old_one(cast: Cast) -> None:
    batch = a_draft(cast)
    broken = a_list(ADA)
    broken.accepted = _breaks_after(list(broken.accepted))

    with pytest.raises(OSError, match="half way"):
        batches.take_list(batch, broken, cast.alice)

    assert batches.count_patients(batch) == 3
    assert batch.list_filename == "flu.csv"


def _breaks_after(rows):
    yield from rows
    raise OSError("half way")


def test_bytes_that_a_database_refuses_do_not_reach_it(cast: Cast) -> None:
    batch = a_draft(cast, "9434765919,A\x00da,Love\x1blace,ada@example.org,\x00", "12\x0034,B\x00ad,,\x00,")

    patient = batches.one_patient(batch)
    assert patient is not None
    assert "\x00" not in f"{patient.name}{patient.fields}"
    assert batches.count_patients(batch) == 1


def test_refused_rows_are_grouped_the_commonest_reason_first(cast: Cast) -> None:
    batch = a_draft(cast, ADA, "1,,,x@example.org,", "9434765919,,,not-an-address,", "2,,,x@example.org,")

    groups = batches.group_refused(batch)

    assert [(group.code, group.rows) for group in groups] == [("nhs_number_short", 2), ("email_no_at", 1)]
    assert [row.row_number for row in batches.refused_rows(batch, code="nhs_number_short")] == [3, 5]


def test_each_deed_is_audited_with_counts_and_no_patient(cast: Cast) -> None:
    batch = a_draft(cast, ADA, ADA)
    batches.decide(batch, ConcernKind.DUPLICATE, True, cast.bob)

    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(e.actor, e.action) for e in entries] == [
        (f"user {cast.alice.id}", "batch created"),
        (f"user {cast.alice.id}", "list taken"),
        (f"user {cast.bob.id}", "concern decided"),
    ]
    assert entries[1].detail == {"accepted": 2, "refused": 0}
