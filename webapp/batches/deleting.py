"""Delete draft, with a question first."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from messaging import batches
from webapp.batches.blueprint import blueprint, find_draft
from webapp.permissions import may_send, me


@blueprint.get("/batches/<int:batch_id>/deletion")
@may_send
def ask_to_delete(batch_id: int) -> ResponseReturnValue:
    """The question, so that no slip of the hand deletes anything."""
    batch = find_draft(batch_id)
    return render_template("batches/delete.html", batch=batch, patients=batches.figures(batch).patients)


@blueprint.post("/batches/<int:batch_id>/deletion")
@may_send
def delete(batch_id: int) -> ResponseReturnValue:
    batches.delete_draft(find_draft(batch_id), me())
    flash("The draft is deleted.")
    return redirect(url_for("batches.index"))
