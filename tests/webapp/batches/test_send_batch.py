"""The command for scripts: what it says, what it answers, and that a key is sent once."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from messaging import batches
from messaging.db import db, transaction, utcnow
from messaging.models import AuditEntry, Batch, BatchStatus, Message, MessageStatus, Recipient
from messaging.transitions import advance
from tests.cast import Cast
from tests.messaging.batch_drafts import ADA, BEN, CAT, HEADINGS
from webapp.batches import cli
from webapp.words import UK

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, cast: Cast, tmp_path: Path) -> Run:
    """With a list of five rows: three accepted, one of them twice, one refused."""

    def run(
        *options: str, rows: tuple[str, ...] = (ADA, BEN, CAT, ADA, "1,Bad,Row,x@example.org,"), **files: str
    ) -> Result:
        (tmp_path / "flu.csv").write_text("\n".join([HEADINGS, *rows]))
        (tmp_path / "words.txt").write_text(files.get("body", "Dear ((first name))"))
        arguments = ["send-batch", "--practice", "Y12345", "--list", str(tmp_path / "flu.csv")]
        arguments += ["--subject", files.get("subject", "Your flu jab"), "--message-file", str(tmp_path / "words.txt")]
        db.session.remove()
        result = app.test_cli_runner().invoke(args=[*arguments, *options])
        db.session.rollback()
        return result

    return run


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Batch)) or 0


def everything_sent(batch_id: int) -> None:
    """As a worker would."""
    with transaction():
        advance(Batch, BatchStatus.SENDING, Batch.id == batch_id, started_at=utcnow())
        patients = db.session.query(Recipient).filter_by(batch_id=batch_id, left_out=False)
        db.session.add_all([Message(batch_id=batch_id, recipient_id=p.id, to_address=p.email) for p in patients])
        db.session.flush()
        advance(Message, MessageStatus.SENDING, Message.batch_id == batch_id)
        advance(Message, MessageStatus.SENT, Message.batch_id == batch_id, sent_at=utcnow())
        advance(Batch, BatchStatus.DONE, Batch.id == batch_id, done_at=utcnow())


def test_it_approves_the_batch_and_says_what_was_refused(run: Run) -> None:
    result = run()

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "5 rows: 4 accepted, 1 not.",
        "  1: This NHS number has fewer than ten digits. (row 6)",
        "  The same patient twice: 1, of whom 1 left out.",
        "Approved: batch 1, 3 patients.",
    ]
    batch = db.session.get_one(Batch, 1)
    assert (batch.status, batch.name, batch.body) == (BatchStatus.SCHEDULED, "flu", "Dear ((first name))")
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.actor, entry.action) == ("command line", "batch approved")


def test_json_is_all_that_stands_on_its_standard_output(run: Run) -> None:
    answer = json.loads(run("--json").stdout)

    assert answer == {
        "batch": 1,
        "status": "scheduled",
        "rows": 5,
        "not_accepted": {"nhs_number_short": 1},
        "left_out": 1,
        "patients": 3,
        "handed_over": 0,
        "delivered": 0,
        "failed": 0,
        "waiting": 3,
        "not_sent": 0,
    }


def test_it_names_no_patient(run: Run) -> None:
    output = run("--json").output

    assert not [word for word in ("Ada", "Lovelace", "ada@", "9434765919") if word in output]


@pytest.mark.parametrize("key", ["", "k" * 101])
def test_a_key_that_cannot_be_kept_is_refused(run: Run, key: str) -> None:
    refused = run("--once", key)
    assert refused.exit_code == 2
    assert "Use 1 to 100 characters" in refused.stderr


def test_the_same_key_twice_sends_once_and_says_so(run: Run) -> None:
    run("--once", "flu-2026")

    again = run("--once", "flu-2026")

    assert again.exit_code == 0
    assert again.stdout == "Sent before with this key: batch 1. Nothing was sent again.\n"
    assert count() == 1
    assert run("--once", "another").exit_code == 0
    assert count() == 2


def test_a_key_whose_command_died_before_approving_is_taken_up(run: Run, cast: Cast) -> None:
    batches.create_draft(cast.riverside, "command line", once_key="flu-2026")

    assert "Approved: batch 1, 3 patients." in run("--once", "flu-2026").stdout
    assert count() == 1


def test_a_key_belongs_to_its_practice(run: Run, cast: Cast) -> None:
    batches.create_draft(cast.hilltop, "command line", once_key="flu-2026")

    assert "Approved: batch 2" in run("--once", "flu-2026").stdout


def test_waiting_ends_with_the_counts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.time, "sleep", lambda _: everything_sent(1))

    result = run("--wait")

    assert result.exit_code == 0
    answer = json.loads(result.stdout.splitlines()[-1])
    assert (answer["status"], answer["handed_over"], answer["waiting"]) == ("done", 3, 0)
    assert "No worker answers" in result.stderr


def test_waiting_for_a_batch_that_is_held_ends_and_says_so_by_its_exit_code(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hold(_: float) -> None:
        with transaction():
            advance(Batch, BatchStatus.SENDING, Batch.id == 1, held_at=utcnow())

    monkeypatch.setattr(cli.time, "sleep", hold)

    result = run("--wait", "--json")

    assert result.exit_code == 5
    assert json.loads(result.stdout)["status"] == "held"


def test_it_can_wait_for_a_time_in_the_uk(run: Run) -> None:
    day = (utcnow() + timedelta(days=30)).date()

    assert run("--at", f"{day} 09:30").exit_code == 0
    scheduled = db.session.get_one(Batch, 1).scheduled_for
    assert scheduled == datetime(day.year, day.month, day.day, 9, 30, tzinfo=UK)


@pytest.mark.parametrize("at", ["tomorrow", "2020-01-01 09:30", "2026-13-01 09:30", "2026-11-25"])
def test_a_wrong_time_is_a_wrong_option(run: Run, at: str) -> None:
    assert run("--at", at).exit_code == 2
    assert count() == 0


def test_what_is_no_list_ends_with_its_sentence(run: Run) -> None:
    result = run(rows=())

    assert (result.exit_code, result.stdout) == (3, "")
    assert "no patients below them" in result.stderr
    assert count() == 0


def test_what_cannot_be_sent_ends_with_every_reason(run: Run) -> None:
    result = run(body="Dear ((nobody))", subject="About ((NHS number))")

    assert result.exit_code == 4
    assert "((nobody))" in result.stderr
    assert "NHS number" in result.stderr
    assert db.session.get_one(Batch, 1).is_draft


def test_nobody_to_send_to_is_not_a_success(run: Run) -> None:
    assert run(rows=("1,Bad,Row,x@example.org,",)).exit_code == 4


def test_a_practice_must_exist_and_have_the_feature(run: Run, cast: Cast, app: Flask) -> None:
    assert run("--practice", "NOPE").exit_code == 1
    with transaction():
        db.session.merge(cast.riverside).has_batch_messaging = False

    result = run()
    assert result.exit_code == 1
    assert "Batch messaging is off" in result.stderr
