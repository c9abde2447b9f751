import csv
import io
import smtplib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from email_validator import validate_email
from nhs_number.constants import REGION_SYNTHETIC
from nhs_number.validate import is_valid
from post_office_kit import ReturnsServer, wait_for

import rehearsal
from rehearsal import PostOffice
from rehearsal.answers import ANSWERS, case_of
from rehearsal.patients import CASES, FLAWS, HEADINGS, LEFT_OUT_BY_DEFAULT, REFUSED, as_csv, expected, patients

LIST = Path(rehearsal.__file__).parent / "patients.csv"


def test_the_list_in_the_repository_is_the_one_that_the_command_makes() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "rehearsal.patients"], cwd=LIST.parents[1], capture_output=True, check=True, timeout=60
    ).stdout
    assert made == LIST.read_bytes() == as_csv(patients())


def test_it_has_a_title_row_headings_as_emis_writes_them_and_two_hundred_rows() -> None:
    rows = list(csv.reader(io.StringIO(LIST.read_bytes().decode(), newline="")))
    assert rows[0][0].startswith("Flu invitations")
    assert rows[1] == list(HEADINGS)
    assert len(rows) == 202
    assert {len(row) for row in rows} == {len(HEADINGS)}


def test_nobody_in_it_exists() -> None:
    for person in patients():
        if person.flaw not in {"excel_number", "wrong_check_digit"}:
            number = person.nhs_number.replace(" ", "")
            assert is_valid(number, REGION_SYNTHETIC)
            assert number.startswith("9")
        assert person.mobile.startswith("07700 900")
        assert len(person.mobile) == 12


def test_every_address_that_is_meant_to_be_right_is_right() -> None:
    for person in patients():
        if person.flaw not in REFUSED:
            address = validate_email(person.email, check_deliverability=False).normalized
            assert address == person.email
            domain = address.rpartition("@")[2]
            assert domain == "gmial.com" or "example" in domain


def test_it_meets_every_case_and_every_flaw_as_often_as_the_tables_say() -> None:
    people = patients()
    met = Counter(case_of(person.email) for person in people if person.email and person.flaw not in REFUSED)
    assert {case: met[case] for case in CASES} == CASES
    assert set(CASES) == set(ANSWERS) - {"spam"}  # which holds a batch until a person comes: no perfect run
    flaws = Counter(person.flaw for person in people if person.flaw)
    assert flaws == FLAWS
    numbers = Counter(person.nhs_number for person in people)
    assert sorted(numbers.values())[-2:] == [1, 2]


def test_names_have_the_marks_that_real_names_have() -> None:
    names = " ".join(f"{person.given_name} {person.family_name}" for person in patients())
    assert "'" in names
    assert "-" in names
    assert not names.isascii()


@pytest.mark.parametrize("leave_out", [frozenset(), LEFT_OUT_BY_DEFAULT])
def test_the_expected_figures_add_up(leave_out: frozenset[str]) -> None:
    figures = expected(leave_out)
    assert figures.accepted + figures.not_accepted == figures.rows == 200
    assert figures.patients == figures.accepted - len(leave_out) == figures.refused_at_once + figures.handed_over
    assert figures.failed_to_deliver == figures.refused_at_once + figures.failed_later
    assert figures.reached == figures.patients - figures.failed_to_deliver


def test_a_rehearsal_with_the_list_gives_the_expected_figures(post_office: PostOffice, returns: ReturnsServer) -> None:
    figures = expected()
    refused = 0
    for person in patients():
        if person.flaw in REFUSED or person.flaw in LEFT_OUT_BY_DEFAULT:
            continue
        for _ in range(2):
            with smtplib.SMTP("127.0.0.1", post_office.smtp_port, local_hostname="client", timeout=60) as client:
                try:
                    client.sendmail(f"b{person.emis_number}@returns.example.org", [person.email], b"A: b\r\n\r\nhi\r\n")
                except smtplib.SMTPRecipientsRefused as error:
                    code = next(iter(error.recipients.values()))[0]
                except smtplib.SMTPResponseException as error:
                    code = error.smtp_code
                else:
                    code = 250
            if not 400 <= code < 500:
                break
        refused += code >= 500
    wait_for(lambda: len(post_office.messages()) == figures.reached)
    wait_for(lambda: post_office.counts()["reports_waiting"] == 0)

    actions = Counter(sent.action for sent in post_office.reports_sent())
    assert refused == figures.refused_at_once
    assert post_office.counts()["accepted"] == figures.handed_over
    assert actions == {
        "failed": figures.failed_later,
        "delayed": figures.delayed_reports,
        "autoreply": figures.automatic_replies,
    }
