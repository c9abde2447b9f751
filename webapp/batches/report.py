"""What a script is told of a batch: what was refused, and the counts. Row numbers, never a patient's data."""

from itertools import islice
from typing import Any

import click

from messaging import batches
from messaging.models import Batch
from webapp.batches.presenters.review import QUESTIONS
from webapp.words import number, plural

ROWS_NAMED = 10


def report_of(batch: Batch) -> dict[str, Any]:
    figures = batches.figures(batch)
    return {
        "batch": batch.id,
        "status": "held" if batch.is_held else batch.status.value,
        "rows": batch.list_rows,
        "not_accepted": {group.code: group.rows for group in batches.group_refused(batch)},
        "left_out": figures.left_out,
        "patients": figures.patients,
        "handed_over": figures.handed_over,
        "delivered": figures.delivered,
        "failed": figures.failed,
        "waiting": figures.to_go,
        "not_sent": figures.not_sent,
    }


def tell(batch: Batch, *, to_stderr: bool) -> None:
    """In sentences: how many rows were refused, why, and which; who is left out by the usual decisions."""
    groups = batches.group_refused(batch)
    refused = sum(group.rows for group in groups)
    lines = [f"{plural(batch.list_rows, 'row')}: {number(batch.list_rows - refused)} accepted, {number(refused)} not."]
    for group in groups:
        rows = [str(row.row_number) for row in islice(batches.refused_rows(batch, code=group.code), ROWS_NAMED)]
        more = f" and {number(group.rows - len(rows))} more" if group.rows > len(rows) else ""
        lines.append(f"  {number(group.rows)}: {group.problem} (row {', '.join(rows)}{more})")
    for kind, counted in batches.concern_counts(batch).items():
        lines.append(
            f"  {QUESTIONS[kind][0]}: {number(counted.patients)}, of whom {number(counted.left_out)} left out."
        )
    for line in lines:
        click.echo(line, err=to_stderr)
