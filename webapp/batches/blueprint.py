"""What the pages of a batch hang on, and what they share."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from messaging.batches import NotADraft
from messaging.models import Batch
from webapp.htmx import wants_part
from webapp.permissions import find_batch

blueprint = Blueprint("batches", __name__, cli_group=None)


@blueprint.errorhandler(NotADraft)
def no_longer_a_draft(_: NotADraft) -> ResponseReturnValue:
    """It was approved or stopped in the meantime, perhaps in another tab: its details say by whom and when.

    What was deleted has no details: 404.
    """
    batch_id = (request.view_args or {})["batch_id"]
    return elsewhere(url_for("batches.details", batch_id=batch_id))


def find_draft(batch_id: int) -> Batch:
    """404 as find_batch; for what is no longer a draft, its details."""
    batch = find_batch(batch_id)
    if not batch.is_draft:
        raise NotADraft
    return batch


def elsewhere(address: str) -> ResponseReturnValue:
    """The whole page goes there, also when only a part of it asked."""
    if wants_part():
        return "", 204, {"HX-Redirect": address}
    return redirect(address)
