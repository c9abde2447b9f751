"""Deleting a draft, with the list that was taken into it. What was approved once stays."""

from messaging import audit
from messaging.batches.drafts import lock_draft
from messaging.batches.lists import forget_list
from messaging.batches.patients import count_patients
from messaging.db import db, transaction
from messaging.models import Batch, User


def delete_draft(batch: Batch, by: User | str) -> None:
    """Nothing is left of it but who deleted it, and for how many patients it was. Raises NotADraft; all or nothing."""
    with transaction():
        lock_draft(batch)
        audit.record(by, "draft deleted", batch, organisation_id=batch.organisation_id, patients=count_patients(batch))
        forget_list(batch)
        db.session.delete(batch)
