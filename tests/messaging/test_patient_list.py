"""Lists as CSV: their rows, what is refused, and what a person should look at."""

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from list_files import NUMBER, OTHER, THIRD, csv_text, one_row, read

from messaging.models import concern as stored
from messaging.patient_list import AcceptedRow, ConcernKind, ListRefused, PatientList, RefusedRow

HEADINGS = ("NHS Number", "Email Address", "First Name")
JO = (NUMBER, "jo@example.org", "Jo")
SAM = (OTHER, "sam@example.org", "Sam")


def refusal_of(raw) -> ListRefused:
    with pytest.raises(ListRefused) as refused:
        read(raw)
    assert refused.value.sentence.endswith((".", ")."))
    assert refused.value.mend.endswith(".")
    return refused.value


def only_refused(patients) -> RefusedRow:
    assert len(patients.accepted) == 0
    (row,) = patients.refused
    assert row.problem
    assert row.mend
    return row


def only_accepted(patients) -> AcceptedRow:
    assert patients.refused == ()
    (row,) = patients.accepted
    return row


def numbers_of(patients: PatientList) -> list[int]:
    """Of all rows, in the order of the file."""
    return sorted(row.row_number for row in (*patients.accepted, *patients.refused))


def test_it_reads_a_patient():
    text = csv_text(
        ("NHS No", "E-mail", "Forename", "Surname", "D.O.B.", "Mobile Telephone", "EMIS Number", "Flu clinic"),
        ("943 476 5919", "Jo@Example.org", "Jo", "O’Neill", "01/02/1950", "7400123456", "77", "Saturday, 9:30"),
    )
    patients = read(text, r"C:\lists\flu patients.csv")
    row = only_accepted(patients)
    assert (row.row_number, row.nhs_number, row.email) == (2, NUMBER, "Jo@example.org")
    assert (row.first_name, row.surname, row.date_of_birth) == ("Jo", "O’Neill", "01/02/1950")
    assert (row.mobile, row.emis_number, row.concerns) == ("07400123456", "77", ())
    assert row.fields == {
        "NHS No": NUMBER,
        "E-mail": "Jo@example.org",
        "Forename": "Jo",
        "Surname": "O’Neill",
        "D.O.B.": "01/02/1950",
        "Mobile Telephone": "07400123456",
        "EMIS Number": "77",
        "Flu clinic": "Saturday, 9:30",
    }
    assert patients.filename == "flu patients.csv"
    assert patients.fields == patients.headings == tuple(row.fields)
    assert patients.columns["surname"] == 3
    assert (patients.rows_total, patients.title_rows, patients.notices) == (1, 0, ())


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_it_reads_the_encodings_and_delimiters_that_spreadsheets_write(encoding, delimiter):
    text = csv_text(HEADINGS, (NUMBER, "jo@example.org", "Zoë O’Neill; 1,5 | x"), delimiter=delimiter)
    assert only_accepted(read(text.encode(encoding))).first_name == "Zoë O’Neill; 1,5 | x"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_it_reads_any_line_end(line_end):
    text = csv_text(HEADINGS, JO, SAM).replace("\r\n", line_end)
    assert [row.row_number for row in read(text).accepted] == [2, 3]


def test_it_skips_title_rows_and_keeps_the_spreadsheets_row_numbers():
    text = csv_text(
        ("Flu invitations, email and NHS number",), (), ("Run on", "3 May", "", "x"), HEADINGS, JO, ("x",), SAM
    )
    patients = read(text)
    assert patients.title_rows == 3
    assert numbers_of(patients) == [5, 6, 7]
    assert patients.notices == ("3 rows above the headings were skipped.",)


def test_it_takes_excels_own_hint_of_a_delimiter_for_a_title_row():
    patients = read("sep=;\r\n" + csv_text(HEADINGS, JO, delimiter=";"))
    assert only_accepted(patients).row_number == 3


@pytest.mark.parametrize("nhs", ["NHS Number", "nhs_number", "NHS No.", "NHS-No", "Patient NHS Number"])
@pytest.mark.parametrize("email", ["Email Address", "E-mail", "EMAIL", "e mail address", " Email\n"])
def test_it_knows_headings_by_synonym(nhs, email):
    assert only_accepted(read(csv_text((nhs, email), JO[:2]))).email == "jo@example.org"


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Given Name", "first_name"),
        ("FORENAME", "first_name"),
        ("Family Name", "surname"),
        ("Last-Name", "surname"),
        ("DOB", "date_of_birth"),
        ("Telecom Number", "mobile"),
        ("EMIS No", "emis_number"),
    ],
)
def test_it_knows_what_clinical_systems_call_a_column(heading, name):
    row = only_accepted(read(csv_text((*HEADINGS[:2], heading), (*JO[:2], "1"))))
    assert getattr(row, name) == "1"


def test_two_columns_of_one_name_get_two_names_and_none_is_lost():
    text = csv_text((*HEADINGS, "Note", "note", "", "Note 2"), (*JO, "a", "b", "c", "d"))
    row = only_accepted(read(text))
    assert list(row.fields.items())[3:] == [("Note", "a"), ("note 2", "b"), ("Column F", "c"), ("Note 2 2", "d")]


def test_of_two_columns_of_addresses_it_says_which_it_did_not_use():
    text = csv_text(("Home Email", *HEADINGS), ("home@example.org", *JO))
    patients = read(text)
    assert only_accepted(patients).email == "jo@example.org"
    (notice,) = patients.notices
    assert "“Home Email” was not used" in notice


def test_a_row_may_be_short_and_blank_cells_at_its_end_do_not_matter():
    patients = read(csv_text((*HEADINGS, "Clinic", ""), JO[:2], (*SAM, "x", "", "", "")))
    first, second = patients.accepted
    assert (first.first_name, first.fields["Clinic"]) == ("", "")
    assert second.fields == {**dict(zip(HEADINGS, SAM, strict=True)), "Clinic": "x"}


def test_it_refuses_a_row_with_too_many_cells_and_only_that_row():
    patients = read(csv_text(HEADINGS, JO, (*SAM, *["x"] * 30), (THIRD, "t@example.org", "T")))
    (row,) = patients.refused
    assert (row.row_number, row.code, row.column, row.nhs_number) == (3, "too_many_cells", "", OTHER)
    assert [accepted.row_number for accepted in patients.accepted] == [2, 4]


def test_it_counts_blank_rows_between_patients_and_forgets_those_at_the_end():
    patients = read(csv_text(HEADINGS, JO, (), ("", " ", ""), SAM, ("", "", ""), ()))
    assert [row.row_number for row in patients.accepted] == [2, 5]
    assert (patients.blank_rows, patients.rows_total) == (2, 2)
    assert patients.notices == ("2 blank rows were skipped.",)


@pytest.mark.parametrize(
    ("cells", "code", "column", "value"),
    [
        ({"nhs": "9434765918"}, "nhs_number_check", "NHS Number", "9434765918"),
        ({"nhs": "9.43477E+09"}, "nhs_number_excel", "NHS Number", "9.43477E+09"),
        ({"nhs": ""}, "nhs_number_missing", "NHS Number", ""),
        ({"email": ""}, "no_contact", "Email Address", ""),
        ({"email": "a@x.org; b@x.org"}, "email_several", "Email Address", "a@x.org; b@x.org"),
        ({"email": "a@x\n.org"}, "email_hidden", "Email Address", "a@x␊.org"),
        ({"email": "a\x00@x.org"}, "email_hidden", "Email Address", "a␀@x.org"),
        ({"email": "=cmd|'/C calc'!A0"}, "email_no_at", "Email Address", "=cmd|'/C calc'!A0"),
        ({"email": "x" * 400}, "email_long", "Email Address", "x" * 99 + "…"),
        ({"Notes": "x" * 60_000}, "too_much_text", "", ""),
    ],
)
def test_a_refused_row_says_where_what_and_how_to_mend_it(cells, code, column, value):
    row = only_refused(one_row(**cells))
    assert (row.row_number, row.code, row.column, row.value) == (2, code, column, value)
    assert row.nhs_number == cells.get("nhs", NUMBER)


def test_a_code_always_means_the_same_sentence():
    sentences = {}
    for email in ("", "x", "a b@x.org", "a@x", "a@x.org,b@x.org", "é@x.org", "a@x..org", "a\x00@x.org", "J <a@x.org>"):
        for nhs in ("", "1", "94347659190", "x", "9.4E+09", "9434765918", "1111111111", NUMBER):
            row = only_refused(one_row(email=email, nhs=nhs))
            assert sentences.setdefault(row.code, (row.problem, row.mend)) == (row.problem, row.mend)
    assert len(sentences) == 16


@pytest.mark.parametrize(
    "hostile", ["Jo\r\nBcc: all@example.org", "Jo\nx", "\x00Jo\x00x", "Jo\u2028x", "\u202eJo\x85x"]
)
def test_a_name_is_always_one_line(hostile):
    row = only_accepted(one_row(first=hostile, Clinic=hostile))
    assert row.first_name.isprintable()
    assert row.first_name.startswith("Jo ")
    assert row.fields["Clinic"] == row.fields["First Name"] == row.first_name


def test_a_name_keeps_what_belongs_to_it():
    names = ["Zoë-Ñandú O’Neill", "<b>Jo</b>", "=1+1", "((surname))", "دانیال", "李", "Jo\u00a0Ann"]
    for name in names:
        assert only_accepted(one_row(first=name)).first_name == " ".join(name.split())


def test_long_texts_fit_where_they_are_kept_and_stay_whole_among_the_fields():
    row = only_accepted(one_row(first="x" * 300, mobile="07400 123456 " * 5))
    assert len(row.first_name) == 200
    assert len(row.fields["First Name"]) == 300
    assert row.fields["mobile"] == ("07400 123456 " * 5).strip()
    assert len(row.mobile) == 40


# Questions for a person


def concerns_of(patients):
    return [[(concern.kind.value, concern.detail) for concern in row.concerns] for row in patients.accepted]


def test_the_same_patient_twice_is_asked_about_at_the_later_row():
    patients = read(csv_text(HEADINGS, JO, SAM, ("943-476-5919", "jo@example.org", "Jo"), JO))
    assert concerns_of(patients) == [[], [], [("duplicate", "row 2")], [("duplicate", "row 2")]]
    assert patients.concern_counts == {ConcernKind.DUPLICATE: 2}


def test_two_patients_on_one_address_are_asked_about_at_both_rows():
    patients = read(csv_text(HEADINGS, JO, SAM, (THIRD, "Jo@Example.ORG", "T")))
    assert concerns_of(patients) == [[("shared_address", "row 4")], [], [("shared_address", "row 2")]]
    assert patients.concern_counts == {ConcernKind.SHARED_ADDRESS: 2}


def test_a_refused_row_shares_nothing():
    assert concerns_of(read(csv_text(HEADINGS, JO, ("x", "jo@example.org", "X"), ("x", *JO[1:])))) == [[]]


def test_a_care_homes_address_names_a_few_rows_and_no_more():
    numbers = [number for number in range(4_000_000_000, 4_000_000_100) if _is_nhs_number(number)][:7]
    patients = read(csv_text(HEADINGS, *[(str(number), "home@example.org", "X") for number in numbers]))
    details = [dict(concerns)["shared_address"] for concerns in concerns_of(patients)]
    assert details[0] == "rows 3, 4, 5 and others"
    assert details[1] == "rows 2, 4, 5 and others"
    assert details[6] == "rows 2, 3, 4 and others"
    assert (
        read(csv_text(HEADINGS, *[(str(n), "home@example.org", "X") for n in numbers[:3]])).concern_counts.total() == 3
    )


def _is_nhs_number(number):
    return sum(weight * int(digit) for weight, digit in zip(range(10, 0, -1), str(number), strict=True)) % 11 == 0


def test_a_likely_typing_slip_is_asked_about():
    patients = one_row(email="jo@gmial.com")
    assert concerns_of(patients) == [[("typing_slip", "gmail.com")]]
    assert only_accepted(patients).concerns[0].detail == "gmail.com"
    assert patients.concern_counts == {ConcernKind.TYPING_SLIP: 1}


def test_every_concern_can_be_stored():
    assert {kind.value for kind in ConcernKind} < {kind.value for kind in stored.ConcernKind}


# Files that are no list


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\r\n , ,\r\n", "empty"),
        (b"\x00" * 500, "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not_a_list"),
        (b"%PDF-1.7 NHS Number,Email", "not_a_list"),
        (b"<html><table><tr><td>NHS Number</td>", "not_a_list"),
        (bytes(range(256)) * 40, "not_a_list"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old_excel"),
        (csv_text(HEADINGS), "no_rows"),
        (csv_text(HEADINGS, (), ("", "")), "no_rows"),
        (csv_text(JO, SAM), "no_headings"),
        ("Dear all,\nplease find the list.\n", "no_headings"),
        (csv_text(("Email", "Name"), JO[1:]), "no_nhs_number_column"),
        (csv_text(("NHS number", "Name"), JO[::2]), "no_email_column"),
        (csv_text((*HEADINGS, *map(str, range(300))), JO), "too_many_columns"),
        (csv_text(HEADINGS, JO).encode("utf-32"), "unreadable_letters"),
        (csv_text(HEADINGS, JO).encode("utf-16")[:-1], "unreadable_letters"),
        (csv_text(HEADINGS, (*JO[:2], "Zoë")).encode() + b"x,\xe9", "unreadable_letters"),
        (csv_text(HEADINGS, JO).encode() + b"x,\x81", "unreadable_letters"),
        (b"\xef\xbb\xbf" + csv_text(HEADINGS, (*JO[:2], "Zoë")).encode("cp1252"), "unreadable_letters"),
    ],
)
def test_it_refuses_a_file_that_is_no_list_and_says_why(raw, code):
    assert refusal_of(raw).code == code


def test_it_says_in_which_row_the_headings_lack_a_column():
    assert "row 3" in refusal_of(csv_text(("Title",), (), ("NHS Number", "Surname"), ("x", "y"))).sentence


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('NHS Number,Email\n9434765919,a@x.org\n9990000018,"b@x.org\n9990000026,c@x.org\n', 3),
        ('NHS Number,Email\n9434765919,"a"@x.org\n', 2),
        ('NHS Number,Email,Note\n9434765919,a@x.org,"x\n9990000018,b@x.org,"Jo"\n', 2),
    ],
)
def test_a_stray_quotation_mark_never_swallows_patients_in_silence(text, row):
    refused = refusal_of(text)
    assert refused.code == "broken_quotes"
    assert f"row {row}" in refused.sentence


def test_it_refuses_more_than_20_megabytes_without_reading_them_all():
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            assert size > 0, "it asked for everything"
            self.given += size
            return b"x" * size

    from messaging.patient_list import read_patient_list

    stream = Endless()
    with pytest.raises(ListRefused) as refused:
        read_patient_list(stream, "x.csv")
    assert refused.value.code == "too_big"
    assert stream.given <= 20_000_001


def test_it_takes_100_000_rows_and_not_one_more():
    row = f"{NUMBER},jo@example.org\r\n"
    exactly = read("NHS Number,Email\r\n" + row * 100_000 + ",\r\n" * 10)
    assert exactly.rows_total == len(exactly.accepted) == 100_000
    assert refusal_of("NHS Number,Email\r\n" + row * 100_001).code == "too_many_rows"


@settings(deadline=None, max_examples=400)
@given(some.binary(max_size=400), some.sampled_from([b"", b"NHS Number,Email\n", b"\xff\xfeN\x00", b"PK\x03\x04"]))
def test_no_bytes_get_more_than_a_refusal(raw, start):
    try:
        patients = read(start + raw)
    except ListRefused:
        return
    assert len(numbers_of(patients)) == patients.rows_total


def test_every_row_comes_out_once_in_the_order_of_the_file():
    chance = random.Random(3)
    rows = [chance.choice((JO, SAM, ("x", "y", "z"), ("", "", ""), (NUMBER, "", ""))) for _ in range(500)]
    patients = read(csv_text(HEADINGS, *rows))
    expected = [number for number, row in enumerate(rows, 2) if any(row)]
    assert numbers_of(patients) == expected
    assert [row.row_number for row in patients.accepted] == [n for n, row in enumerate(rows, 2) if row in (JO, SAM)]
    assert list(patients.accepted) == list(patients.accepted), "a second walk gives the same rows"
