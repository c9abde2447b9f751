"""Whom a batch did not reach: the failed list, its downloads, what was done about it; and one patient's timeline."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from messaging import audit, failures
from messaging.db import transaction
from messaging.failures import Failure
from messaging.models import Batch
from webapp import csv_export
from webapp.htmx import wants_part
from webapp.ids import an_id
from webapp.paging import Paging
from webapp.permissions import find_batch, find_recipient, may_send, me
from webapp.recipients import filters, timeline
from webapp.words import uk_sortable

FAILED_HEADING = (
    "NHS Number", "Email Address", "First Name", "Surname", "Date of Birth", "Mobile Number", "EMIS Number",
    "Dealt with", "Reason", "What to do", "Reported at", "Diagnostic",
)  # fmt: skip
CALLS_HEADING = ("NHS Number", "First Name", "Surname", "Date of Birth", "Mobile Number", "Reason", "What to do")
MOST_IDS = 1000

blueprint = Blueprint("recipients", __name__)


@blueprint.route("/batches/<int:batch_id>/failed", methods=["GET", "POST"])
def failed(batch_id: int) -> ResponseReturnValue:
    return _list(find_batch(batch_id), filters.asked())


@blueprint.post("/batches/<int:batch_id>/failed/dealt-with")
@may_send
def dealt_with(batch_id: int) -> ResponseReturnValue:
    batch, asked = find_batch(batch_id), filters.asked()
    if undo := _ids("undo"):
        failures.undo(batch, undo, by=me())
    elif chosen := _ids("patient"):
        failures.deal_with(batch, chosen, by=me())
    else:
        return _list(batch, asked, nobody_chosen=True), 422
    if wants_part() or asked.wanted.words:  # words cannot go into an address
        return _list(batch, asked)
    return redirect(url_for("recipients.failed", batch_id=batch.id, **asked.but(page=asked.page)), 303)


@blueprint.route("/batches/<int:batch_id>/failed.csv", methods=["GET", "POST"])
def failed_csv(batch_id: int) -> ResponseReturnValue:
    batch = find_batch(batch_id)
    _note_download(batch, "failed list downloaded")
    rows = failures.stream(batch, filters.asked().wanted)
    return csv_export.download(f"Failed to Deliver - {batch.name}", FAILED_HEADING, map(_failed_row, rows))


@blueprint.route("/batches/<int:batch_id>/failed/calls.csv", methods=["GET", "POST"])
def calls_csv(batch_id: int) -> ResponseReturnValue:
    batch = find_batch(batch_id)
    _note_download(batch, "call list downloaded")
    rows = failures.stream(batch, filters.asked().wanted)
    return csv_export.download(f"Call list - {batch.name}", CALLS_HEADING, map(_call_row, rows))


@blueprint.get("/batches/<int:batch_id>/patients/<int:recipient_id>", endpoint="timeline")
def timeline_of(batch_id: int, recipient_id: int) -> ResponseReturnValue:
    batch = find_batch(batch_id)
    recipient = find_recipient(batch, recipient_id)
    return render_template(
        "recipients/timeline.html",
        batch=batch,
        patient=recipient,
        events=timeline.events(batch, recipient),
        letter=timeline.letter(batch, recipient),
        others=timeline.other_batches(batch, recipient),
    )


def _list(batch: Batch, asked: filters.Filter, *, nobody_chosen: bool = False) -> str:
    wanted = asked.wanted
    paging = Paging.of(asked.page, failures.count(batch, wanted))
    return render_template(
        "recipients/_failed.html" if wants_part() else "recipients/failed.html",
        batch=batch,
        asked=asked,
        wanted=wanted,
        part=wants_part(),
        nobody_chosen=nobody_chosen,
        paging=paging,
        reasons=failures.reasons(batch, wanted),
        failures=failures.listed(batch, wanted, offset=paging.offset, limit=paging.rows),
    )


def _ids(name: str) -> list[int]:
    """Those that are numbers; whether they are of this batch is for the database to say."""
    return request.form.getlist(name, type=an_id)[:MOST_IDS]


def _note_download(batch: Batch, action: str) -> None:
    with transaction():
        audit.record(me(), action, batch, organisation_id=batch.organisation_id)


def _failed_row(failure: Failure) -> list[object]:
    patient, reason = failure.recipient, failure.reason
    return [
        patient.nhs_number,
        patient.email,
        patient.first_name,
        patient.surname,
        patient.date_of_birth,
        patient.mobile,
        patient.emis_number,
        f"{uk_sortable(patient.dealt_with_at)} {failure.dealt_with_by}".strip(),
        reason.sentence,
        reason.next_step,
        uk_sortable(failure.reported_at),
        " ".join(failure.diagnostic.split()),
    ]


def _call_row(failure: Failure) -> list[object]:
    patient, reason = failure.recipient, failure.reason
    who = [patient.nhs_number, patient.first_name, patient.surname, patient.date_of_birth, patient.mobile]
    return [*who, reason.sentence, reason.next_step]
