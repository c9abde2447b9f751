"""View Details, and the part of it that moves."""

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from messaging.db import utcnow
from webapp.batches.blueprint import blueprint
from webapp.batches.presenters.details import OUTCOMES, present_details, present_outcome
from webapp.batches.presenters.live import present_live
from webapp.permissions import find_batch


@blueprint.get("/batches/<int:batch_id>")
def details(batch_id: int) -> ResponseReturnValue:
    batch = find_batch(batch_id)
    live = present_live(batch, utcnow())
    return render_template("batches/details.html", batch=batch, live=live, details=present_details(batch))


@blueprint.get("/batches/<int:batch_id>/live")
def live(batch_id: int) -> ResponseReturnValue:
    """204 when it looks as the asker says it looks already; with an announcement when the state is another."""
    batch = find_batch(batch_id)
    found = present_live(batch, utcnow())
    if request.args.get("seen") == found.digest:
        return "", 204
    if request.args.get("state", found.state) == found.state:
        return render_template("batches/_live.html", batch=batch, live=found)
    return render_template(
        "batches/_live.html", batch=batch, live=found, announces=True, details=present_details(batch)
    )


@blueprint.route("/batches/<int:batch_id>/outcomes/<outcome>", methods=["GET", "POST"])
def outcomes(batch_id: int, outcome: str) -> ResponseReturnValue:
    """The patients behind a figure. A search is posted, because names and numbers never stand in an address."""
    batch = find_batch(batch_id)
    if outcome not in OUTCOMES:
        abort(404)
    found = present_outcome(batch, outcome, request.form.get("words", "").strip()[:100], request.form.get("page"))
    return render_template("batches/outcomes.html", batch=batch, outcome=found)
