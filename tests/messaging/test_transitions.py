"""The tables of allowed moves, read aloud."""

import ast
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from messaging.db import db, transaction
from messaging.models import Batch, BatchStatus, Message, MessageStatus, Recipient, RecipientStatus
from messaging.transitions import BATCH, FOLLOWS, MESSAGE, RECIPIENT, TABLES, advance, advance_each
from tests.cast import Cast

M, B, R = MessageStatus, BatchStatus, RecipientStatus
ROOT = Path(__file__).parents[2]


@pytest.fixture
def messages(base_app: Flask, cast: Cast) -> list[Message]:
    with transaction():
        batch = Batch(organisation_id=cast.riverside.id, status=B.SENDING)
        db.session.add(batch)
        db.session.flush()
        made = []
        for row in (2, 3, 4):
            patient = Recipient(batch_id=batch.id, row_number=row, nhs_number="9434765919", email="ann@example.org")
            db.session.add(patient)
            db.session.flush()
            made.append(Message(batch_id=batch.id, recipient_id=patient.id, to_address=patient.email))
        db.session.add_all(made)
    return made


def put(message: Message, status: MessageStatus) -> None:
    """Straight into the table, past every rule."""
    with transaction():
        db.session.execute(Message.__table__.update().where(Message.id == message.id).values(status=status))


def status_of(message: Message) -> MessageStatus:
    return db.session.execute(select(Message.status).where(Message.id == message.id)).scalar_one()


@pytest.mark.parametrize("old", list(M))
@pytest.mark.parametrize("new", list(M))
def test_a_message_moves_only_where_the_table_says(messages: list[Message], old: M, new: M) -> None:
    put(messages[0], old)
    with transaction():
        moved = advance(Message, new, Message.id == messages[0].id)
    allowed = old in MESSAGE[new]
    assert moved == ([messages[0].id] if allowed else [])
    assert status_of(messages[0]) == (new if allowed else old)


def test_a_report_that_overtakes_our_own_sent_still_fails_the_patient(messages: list[Message]) -> None:
    put(messages[0], M.SENDING)
    with transaction():
        assert advance(Message, M.FAILED, Message.id == messages[0].id)
    with transaction():
        assert not advance(Message, M.SENT, Message.id == messages[0].id)
    assert status_of(messages[0]) is M.FAILED


def test_a_failed_message_is_never_claimed_again(messages: list[Message]) -> None:
    put(messages[0], M.FAILED)
    with transaction():
        assert not advance(Message, M.SENDING, Message.id == messages[0].id)


def test_patients_follow_their_messages(messages: list[Message]) -> None:
    with transaction():
        advance(Message, M.SENDING, Message.batch_id == messages[0].batch_id)
    assert set(db.session.scalars(select(Recipient.status))) == {R.SENDING}


def test_only_the_worker_that_holds_a_message_records_its_answer(messages: list[Message]) -> None:
    mine, theirs, _ = messages
    with transaction():
        advance(Message, M.SENDING, Message.id == mine.id, claimed_by="me")
        advance(Message, M.SENDING, Message.id == theirs.id, claimed_by="somebody else")
        advance_each(M.SENT, [{"id": m.id, "answer": f"250 {m.id}"} for m in (mine, theirs)], claimed_by="me")
    assert (status_of(mine), status_of(theirs)) == (M.SENT, M.SENDING)
    rows = db.session.execute(select(Message.answer, Recipient.status).join(Message.recipient)).all()
    assert sorted(rows) == [("", R.PENDING), ("", R.SENDING), (f"250 {mine.id}", R.SENT)]


def test_a_batch_that_is_done_or_stopped_stays_so() -> None:
    assert all(ended not in froms for froms in BATCH.values() for ended in (B.DONE, B.STOPPED))


def test_every_status_has_its_row() -> None:
    for table, statuses in ((MESSAGE, M), (RECIPIENT, R), (FOLLOWS, M)):
        assert set(table) == set(statuses)
    assert set(BATCH) == set(B) - {B.DRAFT}  # nothing becomes a draft again


def test_no_other_module_writes_a_status() -> None:
    """Neither `x.status = …` nor a values(status=…) outside transitions.py."""
    models = {model.__name__ for model in TABLES}
    offenders = []
    for package in ("messaging", "webapp", "worker", "bounce_listener"):
        for file in (ROOT / package).rglob("*.py"):
            if file.name == "transitions.py" or "migrations" in file.parts:
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Assign | ast.AugAssign):
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    written = any(isinstance(t, ast.Attribute) and t.attr == "status" for t in targets)
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values":
                    written = any(keyword.arg == "status" for keyword in node.keywords)
                else:
                    continue
                if written and "self.status" not in ast.unparse(node):
                    offenders.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert models == {"Message", "Recipient", "Batch"}
    assert offenders == []
