"""What a person gives us on the way: a file, words, a time."""

from datetime import datetime

from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from messaging import batches
from messaging.db import utcnow
from messaging.models import Batch
from webapp.batches import when
from webapp.forms import Form

NOW, LATER = "now", "later"


class ListForm(Form):
    patients = FileField(
        "Patient list",
        description="A CSV or Excel (.xlsx) file from your clinical system, at most 20 MB and 100,000 patients.",
    )


class MessageForm(Form):
    name = StringField("Name of this batch", description="Only staff see it. For example, Flu invitations 2026.")
    subject = StringField("Subject")
    body = TextAreaField("Message")

    def too_long(self) -> bool:
        """Marks what could not be kept whole."""
        return self._mark(
            batches.problems_of_length(self.name.data or "", self.subject.data or "", self.body.data or "")
        )

    def incomplete(self, batch: Batch) -> bool:
        """Marks what keeps the words, as the batch holds them now, from being sent."""
        return self._mark(batches.problems_of_words(batch))

    def _mark(self, problems: list[batches.Problem]) -> bool:
        for problem in problems:
            field = self[problem.field]
            field.errors = [*field.errors, problem.sentence]
        return bool(problems)


class SendForm(Form):
    seal = HiddenField()
    send = RadioField(
        "When should it be sent?",
        [InputRequired("Select when it should be sent")],
        choices=[SelectChoice(NOW, "Now"), SelectChoice(LATER, "On a date and time")],
        default=NOW,
    )
    day = StringField("Day")
    month = StringField("Month")
    year = StringField("Year")
    time = StringField("Time", description="UK time, for example 9:30am.")

    at: datetime | None = None

    def validate(self, extra_validators: object = None) -> bool:
        """Afterwards `at` is the moment to come, in UTC, or None for now."""
        if not super().validate(extra_validators):
            return False
        if self.send.data == NOW:
            return True
        try:
            on = when.read_date(self.day.data or "", self.month.data or "", self.year.data or "")
            self.at = when.moment(on, when.read_time(self.time.data or ""), utcnow())
        except when.WrongMoment as wrong:
            field = self.time if wrong.field == "time" else self.day
            field.errors = [*field.errors, wrong.sentence]
            return False
        return True
