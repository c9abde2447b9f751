"""Try again after a hold, and what to do about the few messages that are not certain."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from messaging import batches, doubts, holds
from webapp.batches.blueprint import blueprint
from webapp.permissions import find_batch, may_send, me
from webapp.words import plural


@blueprint.post("/batches/<int:batch_id>/release")
@may_send
def release(batch_id: int) -> ResponseReturnValue:
    batch = find_batch(batch_id)
    if holds.release(batch, me()):
        flash("Trying again.")
    return redirect(url_for("batches.details", batch_id=batch.id))


@blueprint.route("/batches/<int:batch_id>/doubts", methods=["GET", "POST"])
def not_certain(batch_id: int) -> ResponseReturnValue:
    batch = find_batch(batch_id)
    if request.method == "GET":
        return render_template("batches/doubts.html", batch=batch, messages=doubts.of(batch))
    return _decide(batch_id)


@may_send
def _decide(batch_id: int) -> ResponseReturnValue:
    batch = find_batch(batch_id)
    match request.form.get("decision"):
        case "send_again":
            flash(f"Sent again: {plural(doubts.send_again(batch, me()), 'message')}.")
        case "leave":
            flash(f"Left as it is: {plural(doubts.leave(batch, me()), 'message')}.")
        case _:
            abort(400)
    batches.look_again(batch)
    return redirect(url_for("batches.details", batch_id=batch.id))
