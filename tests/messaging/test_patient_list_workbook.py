"""Lists as Excel workbooks, and workbooks that attack."""

import io
import struct
import subprocess
import zipfile

import pytest
from list_files import NUMBER, OTHER, cell, csv_text, number_cell, read, sheet_xml, xlsx

from messaging.patient_list import ListRefused, refusals, workbook
from messaging.patient_list.workbook_process import as_text

HEADER = (1, [cell("A1", "NHS Number"), cell("B1", "Email Address"), cell("C1", "DOB"), cell("D1", "Mobile")])
PATIENTS = sheet_xml(
    [
        HEADER,
        (2, [number_cell("A2", NUMBER), cell("B2", "jo@example.org"), number_cell("C2", "18295", 1)]),
        (4, [cell("A4", "999 000 0018"), cell("B4", "a\nb@example.org")]),
        (5, [number_cell("A5", OTHER), cell("B5", "sam@example.org"), number_cell("D5", "7400123456")]),
    ]
)


def refusal_code(raw):
    with pytest.raises(ListRefused) as refused:
        read(raw, "patients.xlsx")
    return refused.value.code


def test_it_reads_a_workbook_with_numbers_and_dates_as_excel_keeps_them():
    patients = read(xlsx(PATIENTS), "patients.xlsx")
    first, second = patients.accepted
    assert (first.row_number, first.nhs_number, first.date_of_birth) == (2, NUMBER, "01/02/1950")
    assert (second.row_number, second.nhs_number, second.mobile) == (5, OTHER, "07400123456")
    (refused,) = patients.refused
    assert (refused.row_number, refused.code, refused.value) == (4, "email_hidden", "a␊b@example.org")
    assert patients.blank_rows == 1


def test_the_name_of_the_file_does_not_matter():
    assert read(xlsx(PATIENTS), "patients.csv").rows_total == 3


def test_title_rows_and_an_empty_first_column_keep_the_sheets_own_row_numbers():
    sheet = sheet_xml(
        [
            (3, [cell("B3", "Flu list")]),
            (5, [cell("B5", "NHS Number"), cell("C5", "Email")]),
            (6, [cell("B6", NUMBER), cell("C6", "jo@example.org")]),
        ]
    )
    patients = read(xlsx(sheet))
    assert [row.row_number for row in patients.accepted] == [6]
    assert patients.title_rows == 4


def test_it_reads_the_visible_sheet_with_the_patients_and_says_what_it_left():
    about = sheet_xml([(1, [cell("A1", "About this report")])])
    patients = read(xlsx(about, PATIENTS.replace("jo@", "hidden@"), PATIENTS, hidden=[2]))
    assert [row.email for row in patients.accepted] == ["jo@example.org", "sam@example.org"]
    assert patients.notices[0] == "We read the sheet “Sheet3”. The workbook has one other sheet that we did not read."


@pytest.mark.parametrize(
    ("value", "text"),
    [(9434765919.0, NUMBER), (1.5, "1.5"), (1e20, "1e+20"), (True, "Yes"), (7, "7"), ("=1+1", "=1+1")],
)
def test_a_cell_reads_as_a_person_sees_it(value, text):
    assert as_text(value) == text


def test_it_refuses_workbooks_without_patients():
    assert refusal_code(xlsx(sheet_xml([]))) == "empty"
    assert refusal_code(xlsx(sheet_xml([HEADER]))) == "no_rows"
    assert refusal_code(xlsx(PATIENTS, hidden=[1])) == "empty"


def archive(**parts):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        archive(hello="a letter"),
        b"PK\x03\x04" + b"nonsense" * 50,
        xlsx(PATIENTS)[:-30],
        xlsx(PATIENTS)[:300] + b"\x00" * 40 + xlsx(PATIENTS)[340:],
        xlsx("<worksheet><sheetData><row"),
        xlsx("this is no XML at all"),
    ],
)
def test_it_refuses_what_is_not_a_sound_workbook(raw):
    assert refusal_code(raw) in ("damaged_workbook", "empty")


def test_a_zip_bomb_is_refused_before_anything_is_unpacked(monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it was opened"))
    monkeypatch.setattr(workbook, "_unpacks_as_declared", lambda *_: pytest.fail("it was unpacked"))
    bomb = xlsx(PATIENTS, extra={"xl/media/image1.png": b"\x00" * (workbook.MAX_UNPACKED + 1)})
    assert len(bomb) < 400_000
    assert refusal_code(bomb) == "workbook_too_big"


def test_a_zip_bomb_that_lies_about_its_size_is_refused_unopened(monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it was opened"))
    honest = xlsx(PATIENTS, extra={"xl/media/image1.png": b"\x00" * 5_000_000})
    true_size = struct.pack("<I", 5_000_000)
    assert honest.count(true_size) == 2
    assert refusal_code(honest.replace(true_size, struct.pack("<I", 100))) == "damaged_workbook"


def test_unpacking_stops_as_soon_as_a_part_outgrows_what_it_declared(monkeypatch):
    unpacked = []

    class Inflate:
        def __init__(self, *given):
            self.real = zlib_decompressobj(*given)

        def decompress(self, *given):
            unpacked.append(self.real.decompress(*given))
            return unpacked[-1]

        def __getattr__(self, name):
            return getattr(self.real, name)

    zlib_decompressobj = workbook.zlib.decompressobj
    raw = archive(**{"xl/workbook.xml": b"\x00" * 30_000_000})
    (part,) = zipfile.ZipFile(io.BytesIO(raw)).infolist()
    part.file_size = 1_000
    monkeypatch.setattr(workbook.zlib, "decompressobj", Inflate)
    assert not workbook._unpacks_as_declared(raw, part)
    assert 1_000 < sum(map(len, unpacked)) < 100_000


def test_two_cells_at_opposite_corners_cannot_take_the_process_with_them():
    sheet = sheet_xml(
        [HEADER, (2, [cell("A2", NUMBER), cell("B2", "jo@example.org")]), (1048576, [cell("XFD1048576", "x")])]
    )
    assert refusal_code(xlsx(sheet)) == "workbook_too_big"


def test_a_stray_cell_far_below_is_a_row_with_its_number():
    sheet = sheet_xml(
        [HEADER, (2, [cell("A2", NUMBER), cell("B2", "jo@example.org")]), (200_000, [cell("A200000", "x")])]
    )
    patients = read(xlsx(sheet))
    assert len(patients.accepted) == 1
    assert patients.refused[0].row_number == 200_000


def test_it_refuses_a_workbook_with_too_many_rows():
    rows = [(n, [number_cell(f"A{n}", NUMBER), cell(f"B{n}", "a@x.org")]) for n in range(2, refusals.MAX_ROWS + 3)]
    assert refusal_code(xlsx(sheet_xml([HEADER, *rows]))) == "too_many_rows"


def test_the_reading_process_is_given_no_secrets(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    seen = {}
    real = subprocess.run

    def spy(command, **given):
        seen.update(given["env"])
        return real(command, **given)

    monkeypatch.setattr(subprocess, "run", spy)
    assert read(xlsx(PATIENTS)).rows_total == 3
    assert "do not tell" not in seen.values()


def test_a_list_saved_by_excel_as_text_with_tabs_is_read_too():
    assert read(csv_text(("NHS Number", "Email"), (NUMBER, "a@x.org"), delimiter="\t").encode("utf-16")).rows_total == 1
