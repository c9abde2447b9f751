"""Small lists and workbooks made in the tests, hostile ones too."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence

from messaging.patient_list import PatientList, read_patient_list

NUMBER, OTHER, THIRD = "9434765919", "9990000018", "9990000026"

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def read(raw: bytes | str, filename: str = "patients.csv") -> PatientList:
    return read_patient_list(io.BytesIO(raw.encode() if isinstance(raw, str) else raw), filename)


def csv_text(*rows: Sequence[str], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def one_row(**cells: str) -> PatientList:
    """A list of one patient, right but for the cells given by heading (nhs, email, first, and so on)."""
    row = {"NHS Number": NUMBER, "Email Address": "jo@example.org", "First Name": "Jo"} | {
        {"nhs": "NHS Number", "email": "Email Address", "first": "First Name"}.get(key, key): value
        for key, value in cells.items()
    }
    return read(csv_text(tuple(row), tuple(row.values())))


def sheet_xml(rows: Iterable[tuple[int, Sequence[str]]]) -> str:
    """Rows of ready cells, each row with its number: cell("A1", "text") or number_cell("A1", "5")."""
    inside = "".join(f'<row r="{number}">{"".join(cells)}</row>' for number, cells in rows)
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{inside}</sheetData></worksheet>'


def cell(place: str, text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escaped}</t></is></c>'


def number_cell(place: str, number: str, style: int = 0) -> str:
    return f'<c r="{place}" s="{style}"><v>{number}</v></c>'


def xlsx(*sheets: str, hidden: Sequence[int] = (), extra: dict[str, bytes] | None = None) -> bytes:
    """A workbook of these sheets, named Sheet1 and so on; style 1 shows a number as a date."""
    numbers = range(1, len(sheets) + 1)
    states = {n: ' state="hidden"' if n in hidden else "" for n in numbers}
    entries = "".join(f'<sheet name="Sheet{n}" sheetId="{n}" r:id="rId{n}"{states[n]}/>' for n in numbers)
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    styles = f'<Relationship Id="rId99" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": (
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{targets}{styles}</Relationships>',
        "xl/styles.xml": (
            f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
        ),
        **{f"xl/worksheets/sheet{n}.xml": sheet for n, sheet in zip(numbers, sheets, strict=True)},
        **(extra or {}),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()
