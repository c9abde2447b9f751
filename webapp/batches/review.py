"""Review Patient List: who is accepted, who is not and why, and what a person should decide."""

from flask import Response, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from messaging import audit, batches
from messaging.db import transaction
from messaging.models import Batch, ConcernKind, RefusedRow
from webapp import csv_export
from webapp.batches.blueprint import blueprint, find_draft
from webapp.batches.patients import NOTICES
from webapp.batches.presenters.review import present_review
from webapp.ids import an_id
from webapp.paging import Paging
from webapp.permissions import find_batch, may_send, me

ROWS = 20  # of the accepted, on a page
REFUSED_COLUMNS = ("Row in your file", "NHS Number", "Column", "What it says", "What is wrong", "What to do")


@blueprint.route("/batches/<int:batch_id>/review", methods=["GET", "POST"])
def review(batch_id: int) -> ResponseReturnValue:
    """Posted is a search among the accepted: names and numbers never stand in an address."""
    batch = find_draft(batch_id)
    if not batch.list_filename:
        return redirect(url_for("batches.patients", batch_id=batch.id))
    notices = session.pop(NOTICES, [])
    return render_template(
        "batches/review.html", batch=batch, review=present_review(batch), notices=notices, **_accepted(batch)
    )


@blueprint.post("/batches/<int:batch_id>/review/accepted")
def accepted(batch_id: int) -> ResponseReturnValue:
    """The searched and paged part of the review page."""
    batch = find_draft(batch_id)
    return render_template("batches/_accepted.html", batch=batch, **_accepted(batch))


@blueprint.get("/batches/<int:batch_id>/review/not-accepted.csv")
def not_accepted(batch_id: int) -> Response:
    batch = find_batch(batch_id)
    with transaction():
        audit.record(me(), "not accepted list downloaded", batch, organisation_id=batch.organisation_id)
    rows = (_cells(row) for row in batches.refused_rows(batch))
    return csv_export.download(f"not-accepted-{batch.id}", REFUSED_COLUMNS, rows)


@blueprint.post("/batches/<int:batch_id>/review/concerns/<kind>")
@may_send
def decide(batch_id: int, kind: str) -> ResponseReturnValue:
    batch = find_draft(batch_id)
    if kind not in list(ConcernKind):
        abort(404)
    decision, patient = request.form.get("decision"), request.form.get("patient", type=an_id)
    if decision not in ("leave_out", "keep") or (request.form.get("patient") and patient is None):
        abort(400)
    batches.decide(batch, ConcernKind(kind), decision == "leave_out", me(), recipient_id=patient)
    return redirect(url_for("batches.review", batch_id=batch.id, _anchor="please-check"))


def _accepted(batch: Batch) -> dict[str, object]:
    words = request.form.get("words", "").strip()[:100]
    paging = Paging.of(request.form.get("page"), batches.count_found(batch, words), ROWS)
    found = batches.search_patients(batch, words, offset=paging.offset, limit=paging.rows)
    return {"found": found, "paging": paging, "words": words}


def _cells(row: RefusedRow) -> tuple[object, ...]:
    return row.row_number, row.nhs_number, row.column, row.value, row.problem, row.mend
