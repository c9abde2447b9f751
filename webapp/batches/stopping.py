"""Stop sending, with a question first."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from messaging import batches
from messaging.db import utcnow
from webapp.batches.blueprint import blueprint
from webapp.batches.presenters.live import present_live
from webapp.permissions import find_batch, may_send, me


@blueprint.route("/batches/<int:batch_id>/stopping", methods=["GET", "POST"])
@may_send
def stop(batch_id: int) -> ResponseReturnValue:
    """The question first, so that no slip of the hand stops a batch."""
    batch = find_batch(batch_id)
    if request.method == "GET" and batch.is_moving:
        return render_template("batches/stop.html", batch=batch, live=present_live(batch, utcnow()))
    if request.method == "POST" and batches.stop(batch, me()):
        flash("Sending has stopped.")
    else:
        flash("There was nothing left to stop.", "important")
    return redirect(url_for("batches.details", batch_id=batch.id))
