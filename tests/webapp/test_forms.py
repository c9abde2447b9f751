"""The bridge from a WTForms field to the NHS macro that shows it."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from wtforms import BooleanField, FileField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired

from tests.webapp.browser import HOSTILE
from webapp.forms import Form, nhsuk_errors, nhsuk_field

CHOICES = [SelectChoice("a", "First"), SelectChoice("b", HOSTILE)]


class Every(Form):
    text = StringField("Text", [DataRequired("Enter a text")], filters=[lambda text: text and text.upper()])
    area = TextAreaField("Area", description=HOSTILE)
    one = RadioField("One", choices=CHOICES)
    other = SelectField("Other", choices=CHOICES)
    tick = BooleanField("Tick")
    file = FileField("File")
    secret = PasswordField("Secret")


def shown(app: Flask, name: str, **data: str) -> BeautifulSoup:
    with app.test_request_context("/", method="POST", data=data):
        form = Every(meta={"csrf": False})
        form.validate()
        return BeautifulSoup(nhsuk_field(form[name]), "html.parser")


@pytest.mark.parametrize("name", ["text", "area", "one", "other", "tick", "file", "secret"])
def test_each_field_has_a_label_of_its_own_and_only_text_in_it(app: Flask, name: str) -> None:
    soup = shown(app, name, text=HOSTILE, area=HOSTILE)
    ids = [tag["id"] for tag in soup.find_all(["input", "textarea", "select"])]
    assert ids
    assert {label["for"] for label in soup.find_all("label")} == set(ids)
    assert not soup.find("img")


def test_what_was_typed_comes_back_but_never_a_password(app: Flask) -> None:
    assert shown(app, "text", text="abc").input["value"] == "ABC"
    assert shown(app, "area", area="two\nlines").textarea.get_text() == "two\nlines"
    assert shown(app, "one", one="b").select_one("input[checked]")["value"] == "b"
    assert shown(app, "other", other="a").select_one("option[selected]")["value"] == "a"
    assert "abc" not in str(shown(app, "secret", secret="abc"))


def test_texts_are_trimmed_each_time_and_keep_their_own_filters(app: Flask) -> None:
    for _ in range(2):
        with app.test_request_context("/", method="POST", data={"text": "  abc "}):
            assert Every(meta={"csrf": False}).text.data == "ABC"


def test_the_summary_links_each_mistake_to_its_field(app: Flask) -> None:
    with app.test_request_context("/", method="POST", data={"text": "  ", "one": "a", "other": "a"}):
        form = Every(meta={"csrf": False})
        form.validate()
        assert nhsuk_errors(form) == [{"text": "Enter a text", "href": "#text"}]
    assert "Enter a text" in shown(app, "text").select_one(".nhsuk-error-message").get_text()
