from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from messaging import receipts, retention
from messaging.db import db, utcnow
from messaging.models import DeliveryReceipt, EvidenceKind
from messaging.receipts import Evidence
from tests.databases import BOTH
from tests.sent_messages import send


def test_looking_for_old_texts_costs_the_same_however_many_reports_there_are(base_app: Any) -> None:
    plan = db.session.execute(
        text("EXPLAIN QUERY PLAN SELECT id FROM delivery_receipts WHERE received_at < '2026' AND text IS NOT NULL")
    ).all()
    assert "ix_delivery_receipts_received_at" in plan[0][3]


@BOTH
def test_the_texts_of_old_reports_go_and_what_they_said_stays(cast: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    now = utcnow()
    (message,) = send(cast.riverside)
    receipts.record_many(
        [
            Evidence(
                message.id,
                f"report of {days} days",
                EvidenceKind.FAILED,
                "smtp",
                diagnostic="550 no",
                text="their words",
                received_at=now - timedelta(days=days),
            )
            for days in (1, 29, 31, 32, 33, 34, 35)
        ]
    )
    assert retention.purge(now) == 5
    db.session.expire_all()
    rows = db.session.scalars(select(DeliveryReceipt)).all()
    assert {row.evidence_id for row in rows if row.text} == {"report of 1 days", "report of 29 days"}
    assert all(row.diagnostic == "550 no" for row in rows)
    assert retention.purge(now) == 0
