"""View Batch Messages."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from messaging import batches
from messaging.db import utcnow
from messaging.models import BatchStatus
from webapp.batches.blueprint import blueprint, find_draft
from webapp.batches.presenters.listing import present_row, present_rows
from webapp.htmx import wants_part
from webapp.paging import Paging
from webapp.permissions import find_batch, may_send, my_organisation

ROWS = 25


@blueprint.get("/batches")
def index() -> ResponseReturnValue:
    words = request.args.get("q", "").strip()[:100]
    asked = request.args.get("status", "")
    status = BatchStatus(asked) if asked in list(BatchStatus) else None
    practice = my_organisation()
    paging = Paging.of(request.args.get("page"), batches.count_batches(practice, words=words, status=status), ROWS)
    listed = batches.list_batches(practice, words=words, status=status, offset=paging.offset, limit=ROWS)
    page = "batches/_table.html" if wants_part() else "batches/index.html"
    return render_template(
        page, rows=present_rows(listed, utcnow()), paging=paging, words=words, status=status, statuses=BatchStatus
    )


@blueprint.get("/batches/<int:batch_id>/row")
def row(batch_id: int) -> ResponseReturnValue:
    """One row of the list while its batch moves; 204 when it looks as it did."""
    batch = find_batch(batch_id)
    found = present_row(batch, batches.progress(batch).figures, utcnow())
    if request.args.get("seen") == found.digest:
        return "", 204
    return render_template("batches/_row.html", row=found)


@blueprint.get("/batches/<int:batch_id>/continue")
@may_send
def resume(batch_id: int) -> ResponseReturnValue:
    """To the step at which the draft was left."""
    batch = find_draft(batch_id)
    step = "batches.patients" if not batch.list_filename else "batches.message" if batch.saved_at else "batches.review"
    return redirect(url_for(step, batch_id=batch.id))
