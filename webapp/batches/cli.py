"""`flask --app webapp send-batch`: the same verbs as the pages, for a script."""

import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import click

from messaging import accounts, batches
from messaging.db import db, utcnow
from messaging.models import Batch, BatchStatus, Organisation
from messaging.patient_list import ListRefused, PatientList, read_patient_list
from webapp.batches import when
from webapp.batches.blueprint import blueprint
from webapp.batches.report import report_of, tell
from webapp.words import UK, plural

BY = "command line"
POLL_SECONDS = 1.0
LONGEST_KEY = 100  # characters
LIST_REFUSED, NOT_READY, NOT_ALL_SENT = 3, 4, 5  # exit codes; 1 is any other refusal, 2 a wrong option


@blueprint.cli.command("send-batch")
@click.option("--practice", "ods_code", required=True, help="The practice’s ODS code.")
@click.option("--list", "list_file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--subject", required=True)
@click.option("--message-file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", default="", help="Only staff see it. The list’s file name, if not given.")
@click.option("--at", default="", help="UK time, for example “2026-11-25 09:30”. At once, if not given.")
@click.option("--once", "once_key", default=None, help="However often it is asked for with this key, it is sent once.")
@click.option("--wait", is_flag=True, help="Until everything is sent; ends with the counts as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object; everything else goes to stderr.")
def send_batch(
    ods_code: str,
    list_file: Path,
    subject: str,
    message_file: Path,
    name: str,
    at: str,
    once_key: str | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Send a batch message to a list of patients.

    Duplicates, likely typing slips and addresses that failed for good are left out, as on the review page.
    Exit codes: 3 the file is no patient list, 4 nothing could be sent, 5 stopped or held before all were sent.
    """
    if once_key is not None and not 1 <= len(once_key) <= LONGEST_KEY:
        raise click.BadParameter(f"Use 1 to {LONGEST_KEY} characters.", param_hint="--once")
    practice = _practice(ods_code)
    moment = _moment(at)
    batch = _earlier(practice, once_key)
    if batch is None or batch.is_draft:
        patient_list = _read(list_file)
        batch = batch or batches.create_draft(practice, BY, once_key=once_key)
        batch = _send(batch, patient_list, name or list_file.stem, subject, message_file, moment, to_stderr=as_json)
    else:
        click.echo(f"Sent before with this key: batch {batch.id}. Nothing was sent again.", err=as_json)
    if wait:
        _wait(batch)
    if wait or as_json:
        click.echo(json.dumps(report_of(batch)))
    if batch.is_held or batch.status is BatchStatus.STOPPED:
        sys.exit(NOT_ALL_SENT)


def _send(
    batch: Batch,
    patient_list: PatientList,
    name: str,
    subject: str,
    message_file: Path,
    moment: datetime | None,
    *,
    to_stderr: bool,
) -> Batch:
    try:
        batches.take_list(batch, patient_list, BY)
        tell(batch, to_stderr=to_stderr)
        _compose(batch, name, subject, message_file)
        won = batches.approve(batch, BY, moment)
    except batches.NotReady as refused:
        _end(NOT_READY, " ".join(problem.sentence for problem in refused.problems))
    except batches.NotADraft:
        won = False
    db.session.refresh(batch)
    patients = plural(batches.figures(batch).patients, "patient")
    if won:
        click.echo(f"Approved: batch {batch.id}, {patients}.", err=to_stderr)
    else:
        click.echo(f"Sent before with this key: batch {batch.id}. Nothing was sent again.", err=to_stderr)
    return batch


def _compose(batch: Batch, name: str, subject: str, message_file: Path) -> None:
    try:
        body = message_file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        _end(NOT_READY, "The message file is not UTF-8 text. Save it as UTF-8.")
    if too_long := batches.problems_of_length(name, subject, body):
        _end(NOT_READY, " ".join(problem.sentence for problem in too_long))
    batches.compose(batch, name, subject, body)


def _wait(batch: Batch) -> None:
    """Until nothing more can leave by itself. The bar stands on a terminal only."""
    total = batches.figures(batch).patients
    with click.progressbar(length=total, label="Sending", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        warned = False
        while True:
            db.session.rollback()
            db.session.refresh(batch)
            progress = batches.progress(batch)
            bar.update(progress.figures.gone - bar.pos)
            if batch.is_held or not (batch.is_moving or progress.figures.in_flight):
                return
            if not progress.workers and not warned and (batch.scheduled_for or utcnow()) <= utcnow():
                click.echo("No worker answers: it is sent as soon as one does.", err=True)
                warned = True
            time.sleep(POLL_SECONDS)


def _practice(ods_code: str) -> Organisation:
    try:
        practice = accounts.find_practice(ods_code)
    except accounts.Refused as refused:
        raise click.ClickException(str(refused)) from None
    if not practice.has_batch_messaging:
        raise click.ClickException("Batch messaging is off for this practice: see set-batch-messaging.")
    return practice


def _earlier(practice: Organisation, once_key: str | None) -> Batch | None:
    return batches.draft_for_key(practice, once_key) if once_key else None


def _moment(at: str) -> datetime | None:
    if not at:
        return None
    day, _, clock = at.strip().replace("T", " ").partition(" ")
    try:
        on = when.read_date(*reversed(day.split("-")))
        return when.moment(on, when.read_time(clock), utcnow())
    except TypeError:
        raise click.BadParameter(f"Write it as “{datetime.now(UK):%Y-%m-%d} 09:30”.", param_hint="--at") from None
    except when.WrongMoment as wrong:
        raise click.BadParameter(wrong.sentence, param_hint="--at") from None


def _read(list_file: Path) -> PatientList:
    try:
        with list_file.open("rb") as stream:
            return read_patient_list(stream, list_file.name)
    except ListRefused as refused:
        _end(LIST_REFUSED, f"{refused.sentence} {refused.mend}")


def _end(code: int, sentence: str) -> NoReturn:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(code)
