"""Composing: what keeps a draft from being sent, which fields there are, and which patients to look at."""

import pytest

from messaging import batches
from messaging.batches.words import problems_of_length
from messaging.db import transaction
from messaging.models import Batch
from tests.cast import Cast
from tests.databases import BOTH
from tests.messaging.batch_drafts import ADA, BEN, CAT, a_draft, a_list

pytestmark = BOTH


def sentences(batch: Batch) -> list[tuple[str, str]]:
    return [(problem.field, problem.sentence) for problem in batches.problems(batch)]


def test_a_complete_draft_has_no_problem(cast: Cast) -> None:
    assert sentences(a_draft(cast)) == []


def test_an_empty_draft_says_everything_that_is_missing(cast: Cast) -> None:
    batch = batches.create_draft(cast.riverside, cast.alice)

    assert [field for field, _ in sentences(batch)] == ["patients", "name", "subject", "body"]


def test_it_says_so_when_every_patient_is_left_out_or_refused(cast: Cast) -> None:
    batch = a_draft(cast, ADA.replace("example.org", "gmial.com"), "1,Bad,Number,x@example.org,")

    ((field, sentence),) = sentences(batch)
    assert field == "patients"
    assert sentence.startswith("No patient in the list can be sent to.")


@pytest.mark.parametrize("body", ["Dear ((first name)", "Dear ((first name), come", "Dear (( )), come"])
def test_a_field_that_was_not_closed_is_never_sent_as_it_stands(cast: Cast, body: str) -> None:
    ((field, sentence),) = sentences(a_draft(cast, body=body))
    assert field == "body"
    assert sentence.startswith("There is a (( that is no field.")


def test_brackets_of_ordinary_writing_are_no_field(cast: Cast) -> None:
    assert sentences(a_draft(cast, body="Phone us (mornings (8 to 12)), or write.")) == []


def test_an_unknown_field_is_refused_by_its_name(cast: Cast) -> None:
    batch = a_draft(cast, body="Dear ((first name)), your ((dentist)) says so")

    assert sentences(batch) == [
        ("body", "Your list has no column called ((dentist)). Take it out, or use one of the fields of your list.")
    ]


@pytest.mark.parametrize(
    "subject",
    ["About ((NHS number))", "About ((nhs no))", "About 943 476 5919", "About 9434765919", "Born ((DOB))"],
)
def test_what_identifies_a_patient_is_refused_in_the_subject(cast: Cast, subject: str) -> None:
    batch = a_draft(cast)
    headings = "NHS No,First Name,Surname,Email Address,DOB"
    batches.take_list(batch, a_list("9434765919,Ada,Lovelace,ada@example.org,1/1/1980", headings=headings), cast.alice)

    batches.compose(batch, "Flu", subject, "Dear ((first name))")

    assert [field for field, _ in sentences(batch)] == ["subject"]


@pytest.mark.parametrize("subject", ["Call 01632 960 001", "Order 1234567890", "Hello ((first name))"])
def test_other_numbers_and_a_first_name_may_stand_in_the_subject(cast: Cast, subject: str) -> None:
    assert sentences(a_draft(cast, subject=subject)) == []


def test_a_practice_without_an_address_cannot_send(cast: Cast) -> None:
    batch = a_draft(cast)
    with transaction():
        cast.riverside.from_address = ""

    assert [field for field, _ in sentences(batch)] == ["practice"]


def test_it_keeps_the_words_on_lines_and_without_what_no_mail_can_hold(cast: Cast) -> None:
    batch = a_draft(cast, subject="Two\r\nlines\x00", body="Dear\r\n\x07you\u0085\n")

    assert (batch.subject, batch.body) == ("Two lines", "Dear\nyou")
    assert batch.saved_at is not None


def test_nothing_is_cut_in_silence(cast: Cast) -> None:
    assert [p.field for p in problems_of_length("n" * 101, "s" * 201, "b" * 20_001)] == ["name", "subject", "body"]
    assert problems_of_length("n" * 100, "s" * 200, "b" * 20_000) == []


def test_fields_are_the_lists_own_headings_and_our_names_for_known_columns(cast: Cast) -> None:
    batch = a_draft(cast)
    batches.take_list(batch, a_list(ADA, headings="NHS No,Forename,Surname,E-mail,Clinic"), cast.alice)

    assert batches.available_fields(batch) == (
        "NHS No",
        "Forename",
        "Surname",
        "E-mail",
        "Clinic",
        "NHS number",
        "email address",
        "first name",
    )


def test_each_column_is_offered_once_and_either_spelling_is_accepted(cast: Cast) -> None:
    batch = a_draft(cast)
    headings = "NHS No,Given Name,Surname,E-mail,Clinic,Forename"  # we know one first name; the other is a column
    batches.take_list(batch, a_list(f"{ADA},Augusta", headings=headings), cast.alice)

    assert batches.offered_fields(batch) == (
        "NHS number",
        "first name",
        "surname",
        "email address",
        "Clinic",
        "Forename",
    )
    batches.compose(
        batch, "Flu", "Your flu jab", "((first name)) ((Given Name)) ((given name)) ((Forename)) ((clinic))"
    )
    assert sentences(batch) == []
    assert batches.empty_counts(batch) == {}


def test_it_counts_for_how_many_patients_a_field_is_empty(cast: Cast) -> None:
    batch = a_draft(cast, ADA, BEN.replace("Ben,", " ,"), CAT, CAT, body="((first name)) at ((clinic)) ((clinic))")

    assert batches.empty_counts(batch) == {"first name": 1, "clinic": 1}  # Cat's second row is left out
    without = batches.patients_without(batch)
    assert without is not None
    assert without.row_number == 3


def test_it_counts_fields_whatever_characters_their_heading_is_made_of(cast: Cast) -> None:
    for heading in ('the "clinic"', "Größe é", "a'b\\c", "$.x", "Mobile (home)"):
        batch = a_draft(cast)
        quoted = heading.replace('"', '""')
        batches.take_list(batch, a_list(ADA, CAT, headings=f'NHS No,Forename,Surname,E-mail,"{quoted}"'), cast.alice)
        batches.compose(batch, "Flu", "Hello", f"See (({heading}))")

        assert batches.problems(batch) == []
        assert batches.empty_counts(batch) == {heading: 1}


def test_the_longest_message_is_found_by_its_fields(cast: Cast) -> None:
    batch = a_draft(cast, ADA, BEN.replace("Tuesday", "Wednesday morning"), CAT, body="((clinic))")

    longest = batches.longest(batch)
    assert longest is not None
    assert longest.first_name == "Ben"


def test_neighbours_go_round_and_pass_over_those_left_out(cast: Cast) -> None:
    batch = a_draft(cast, ADA, BEN.replace("example.org", "gmial.com"), CAT)
    first = batches.one_patient(batch)
    assert first is not None

    after = batches.neighbour(batch, first.id, 1)
    assert after is not None
    assert after.first_name == "Cat"
    assert batches.neighbour(batch, after.id, 1) == first
    assert batches.neighbour(batch, first.id, -1) == after
    assert batches.neighbour(batch, after.id, -1) == first


def test_a_patient_at_random_is_one_who_will_be_sent_to(cast: Cast) -> None:
    batch = a_draft(cast, ADA, BEN.replace("example.org", "gmial.com"), CAT)

    found = {patient.first_name for patient in (batches.at_random(batch) for _ in range(60)) if patient}
    assert found == {"Ada", "Cat"}


@pytest.mark.parametrize(
    ("words", "found"),
    [("", "Ada Ben Cat"), ("ben", "Ben"), ("NEVIS ben@", "Ben"), ("943 476", "Ada"), ("%", ""), ("nobody", "")],
)
def test_accepted_patients_are_found_by_name_address_or_number(cast: Cast, words: str, found: str) -> None:
    batch = a_draft(cast)

    patients = batches.search_patients(batch, words, offset=0, limit=50)

    assert " ".join(patient.first_name for patient in patients) == found
    assert batches.count_found(batch, words) == len(found.split())
