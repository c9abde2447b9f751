"""The fictional patient list: `python -m rehearsal.patients > rehearsal/patients.csv` writes it, always the same.

NHS numbers are valid and come from the range that is never issued, mobile numbers from the one that Ofcom keeps
for fiction, addresses from domains that are reserved for examples.
"""

import csv
import io
import random
import sys
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta

from nhs_number.constants import REGION_SYNTHETIC
from nhs_number.validate import is_valid

from rehearsal.answers import answer_for, case_of
from rehearsal.names import FAMILY, GIVEN, plain

TITLE = "Flu invitations, patients aged 65 and over – Riverside Surgery – last run 20-Nov-2026"
HEADINGS = (
    "Given Name",
    "Family Name",
    "Date of Birth",
    "NHS Number",
    "EMIS Number",
    "Mobile Telephone",
    "E-mail Address",
    "Usual GP",
    "Clinic Date",
)
ROWS = 200
DOMAINS = ("riverside-patients.example.org", "post.example.com", "home.example.net", "patients.example")
DOCTORS = ("Dr Achebe", "Dr Lindqvist", "Dr O'Hara", "Dr Rahman")
CLINICS = ("Saturday 5 December", "Saturday 12 December", "Wednesday 16 December")

# How many patients have an address that meets each case of the post office's table.
CASES = {
    "nobody": 3, "closed": 1, "refused": 1, "big": 1,
    "later": 2, "busy": 2, "slow": 1,
    "bounce": 3, "full": 2, "gone": 1, "domain": 1, "blocked": 1,
    "delay": 1, "delayfail": 1, "away": 1,
}  # fmt: skip

# Rows that are meant to be refused or questioned at upload, and how many of each.
FLAWS = {
    "no_email": 3, "excel_number": 1, "wrong_check_digit": 2, "two_addresses": 1, "no_at_sign": 1,
    "same_patient_twice": 1, "shared_address": 1, "typing_slip": 1,
}  # fmt: skip
REFUSED = ("no_email", "excel_number", "wrong_check_digit", "two_addresses", "no_at_sign")
QUESTIONED = ("same_patient_twice", "shared_address", "typing_slip")
LEFT_OUT_BY_DEFAULT = frozenset({"same_patient_twice", "typing_slip"})


@dataclass(frozen=True, slots=True)
class Patient:
    """One row as it stands in the file. `flaw` is a name in FLAWS, or ""."""

    given_name: str
    family_name: str
    date_of_birth: date
    nhs_number: str
    emis_number: str
    mobile: str
    email: str
    usual_gp: str
    clinic: str
    flaw: str = ""

    def cells(self) -> tuple[str, ...]:
        return (
            self.given_name,
            self.family_name,
            f"{self.date_of_birth:%d/%m/%Y}",
            self.nhs_number,
            self.emis_number,
            self.mobile,
            self.email,
            self.usual_gp,
            self.clinic,
        )


@dataclass(frozen=True, slots=True)
class Expected:
    """What a rehearsal with the list gives when nothing else goes wrong."""

    rows: int
    not_accepted: int
    accepted: int
    questioned: int
    left_out: int
    patients: int  # to whom the batch goes
    refused_at_once: int  # Failed to Deliver by the server's answer
    handed_over: int  # taken by the post office; those that fail later included
    failed_later: int  # Failed to Deliver by a report
    failed_to_deliver: int
    reached: int  # messages in the pretend inbox
    delayed_reports: int
    automatic_replies: int


def patients() -> list[Patient]:
    """The rows of the list, in the order of the file."""
    rng = random.Random(20261120)  # noqa: S311 - fiction, not secrets
    people = [_person(rng, at) for at in range(ROWS)]
    places = iter(rng.sample(range(1, ROWS), sum(CASES.values()) + sum(FLAWS.values())))
    for case, many in CASES.items():
        for number in range(1, many + 1):
            at = next(places)
            local = case if number == 1 else f"{case}.{number}"
            people[at] = replace(people[at], email=f"{local}@{DOMAINS[at % len(DOMAINS)]}")
    whole = [at for at in range(ROWS) if not case_of(people[at].email)]
    flawed = {next(places): flaw for flaw, many in FLAWS.items() for _ in range(many)}
    whole = [at for at in whole if at not in flawed]
    for at, flaw in flawed.items():
        earlier = people[max((other for other in whole if other < at), default=whole[0])]
        people[at] = _with_flaw(people[at], flaw, earlier)
    return people


def expected(leave_out: frozenset[str] = LEFT_OUT_BY_DEFAULT) -> Expected:
    """The figures of a perfect run, by the table of answers, when the questions named in `leave_out` are left out."""
    people = patients()
    accepted = [person for person in people if person.flaw not in REFUSED]
    sent = [answer_for(person.email) for person in accepted if person.flaw not in leave_out]
    at_once = sum(bool(answer.at_rcpt or answer.after_data) for answer in sent)
    actions = Counter(planned.action for answer in sent for planned in answer.reports)
    return Expected(
        rows=len(people),
        not_accepted=len(people) - len(accepted),
        accepted=len(accepted),
        questioned=sum(person.flaw in QUESTIONED for person in accepted),
        left_out=len(accepted) - len(sent),
        patients=len(sent),
        refused_at_once=at_once,
        handed_over=len(sent) - at_once,
        failed_later=actions["failed"],
        failed_to_deliver=at_once + actions["failed"],
        reached=len(sent) - at_once - actions["failed"],
        delayed_reports=actions["delayed"],
        automatic_replies=sum(answer.autoreply for answer in sent),
    )


def as_csv(people: list[Patient]) -> bytes:
    """The list as EMIS Web exports one: a title row, the headings, UTF-8, lines ended with CR LF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([TITLE] + [""] * (len(HEADINGS) - 1))
    writer.writerow(HEADINGS)
    writer.writerows(person.cells() for person in people)
    return text.getvalue().encode()


def _person(rng: random.Random, at: int) -> Patient:
    given, family = rng.choice(GIVEN), rng.choice(FAMILY)
    return Patient(
        given_name=given,
        family_name=family,
        date_of_birth=date(1928, 1, 1) + timedelta(days=rng.randrange(33 * 365)),
        nhs_number=_spaced(_synthetic_nhs_number(rng)),
        emis_number=str(10_000 + at * 7),
        mobile=f"07700 900{rng.randrange(1000):03d}",
        email=f"{plain(given)}.{plain(family)}{at}@{DOMAINS[at % len(DOMAINS)]}",
        usual_gp=rng.choice(DOCTORS),
        clinic=rng.choice(CLINICS),
    )


def _synthetic_nhs_number(rng: random.Random) -> str:
    numbers = REGION_SYNTHETIC.ranges[0]
    while True:
        number = str(rng.randint(numbers.start, numbers.end))
        if is_valid(number, REGION_SYNTHETIC):
            return number


def _spaced(number: str) -> str:
    return f"{number[:3]} {number[3:6]} {number[6:]}"


def _with_flaw(person: Patient, flaw: str, earlier: Patient) -> Patient:
    number = person.nhs_number.replace(" ", "")
    local = person.email.partition("@")[0]
    match flaw:
        case "no_email":
            return replace(person, email="", flaw=flaw)
        case "excel_number":
            return replace(person, nhs_number=f"{int(number):.5E}", flaw=flaw)
        case "wrong_check_digit":
            return replace(person, nhs_number=_spaced(number[:9] + str((int(number[9]) + 1) % 10)), flaw=flaw)
        case "two_addresses":
            return replace(person, email=f"{person.email}; {local}@home.example.net", flaw=flaw)
        case "no_at_sign":
            return replace(person, email=person.email.replace("@", "."), flaw=flaw)
        case "same_patient_twice":
            return replace(earlier, flaw=flaw)
        case "shared_address":
            return replace(person, email=earlier.email, flaw=flaw)
        case "typing_slip":
            return replace(person, email=f"{local}@gmial.com", flaw=flaw)
    raise ValueError(flaw)


if __name__ == "__main__":
    sys.stdout.buffer.write(as_csv(patients()))
