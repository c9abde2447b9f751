"""The settings of a practice."""

from wtforms import EmailField, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length, ValidationError

from messaging import accounts
from messaging.models import WhenInDoubt
from webapp.forms import Form


class SettingsForm(Form):
    name = StringField(
        "Practice name",
        [DataRequired("Enter the name of the practice"), Length(max=200, message="Use at most 200 characters")],
        description="Patients see it as the sender of your messages.",
    )
    from_address = EmailField(
        "From-address",
        [DataRequired("Enter the address that your messages come from"), Length(max=254)],
        description="Your mail administrator must allow your mail server to send from it.",
    )
    reply_to = EmailField(
        "Reply-to address (optional)",
        [Length(max=254)],
        description="Where patients’ answers go. Leave it empty to use the from-address.",
    )
    when_in_doubt = RadioField(
        "If a computer stops in the middle of sending",
        [DataRequired("Select what should happen")],
        description="For a few patients it may then be unknown whether their message went.",
        choices=[
            SelectChoice(WhenInDoubt.SEND.value, "Send again: nobody is missed, a few patients may get it twice"),
            SelectChoice(WhenInDoubt.ASK.value, "Ask: list those patients, and wait for a person to decide"),
        ],
    )

    def validate_name(self, field: StringField) -> None:
        if any(ord(character) < 32 for character in field.data or ""):
            raise ValidationError("The name must be one line of text")

    def validate_from_address(self, field: EmailField) -> None:
        _normalise(field)

    def validate_reply_to(self, field: EmailField) -> None:
        if field.data:
            _normalise(field)


def _normalise(field: EmailField) -> None:
    try:
        field.data = accounts.own_address(field.data or "")
    except accounts.Refused as refused:
        raise ValidationError(str(refused)) from None
