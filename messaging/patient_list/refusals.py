"""Why a file, or a row of it, is not accepted: the sentences a manager reads."""

MAX_ROWS = 100_000
MAX_BYTES = 20_000_000
MAX_COLUMNS = 250
MAX_ROW_CHARACTERS = 50_000


class ListRefused(ValueError):
    """A file that cannot be a patient list: what is wrong with it, and how to mend it. Carries no patient's data."""

    def __init__(self, code: str, sentence: str, mend: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.mend = code, sentence, mend


_SAVE_AS_CSV = "Open it in the program it came from, save or export it as CSV or .xlsx, and upload that."


def empty() -> ListRefused:
    return ListRefused("empty", "This file is empty.", "Export the list again and upload the new file.")


def too_big() -> ListRefused:
    return ListRefused(
        "too_big",
        f"This file is larger than {MAX_BYTES // 1_000_000} MB, which is more than a list of patients needs.",
        "Remove columns and sheets that the message does not need, or split the list into two files.",
    )


def too_many_rows() -> ListRefused:
    return ListRefused(
        "too_many_rows",
        f"This file has more than {MAX_ROWS:,} patients.",
        f"Split the list into files of at most {MAX_ROWS:,} rows each.",
    )


def too_many_columns() -> ListRefused:
    return ListRefused(
        "too_many_columns",
        f"This file has more than {MAX_COLUMNS} columns.",
        "Keep only the columns that the message needs, and upload the file again.",
    )


def not_a_list(what: str) -> ListRefused:
    return ListRefused("not_a_list", f"This file is {what}, not a list of patients.", _SAVE_AS_CSV)


def old_excel() -> ListRefused:
    return ListRefused(
        "old_excel",
        "This is an older Excel file (.xls), or an Excel file with a password. We cannot read those.",
        "Open it in Excel, take off any password, save it as “Excel Workbook (.xlsx)” or “CSV UTF-8”, and upload that.",
    )


def damaged_workbook() -> ListRefused:
    return ListRefused(
        "damaged_workbook",
        "We cannot read this spreadsheet. It may be damaged, have a password, or not be an Excel workbook.",
        "Open it in Excel, save it as “CSV UTF-8 (Comma delimited)”, and upload that.",
    )


def workbook_too_big() -> ListRefused:
    return ListRefused(
        "workbook_too_big",
        "This spreadsheet unpacks to far more than a list of patients needs.",
        "Copy the columns you need into a new workbook, or save the sheet as “CSV UTF-8”, and upload that.",
    )


def unreadable_letters() -> ListRefused:
    return ListRefused(
        "unreadable_letters",
        "Some letters in this file are stored in a way that we cannot read without guessing.",
        "Open it in Excel, save it as “CSV UTF-8 (Comma delimited)”, and upload that.",
    )


def broken_quotes(row: int) -> ListRefused:
    return ListRefused(
        "broken_quotes",
        f"From row {row} on we cannot tell where one cell ends and the next begins.",
        f'Look for a stray quotation mark (") in or just before row {row}, take it out, and upload the file again.',
    )


def no_headings() -> ListRefused:
    return ListRefused(
        "no_headings",
        "We could not find the row of headings in this file.",
        "The columns need headings. At least NHS Number and Email Address must be among them.",
    )


def no_nhs_number_column(header_row: int) -> ListRefused:
    return ListRefused(
        "no_nhs_number_column",
        f"The headings in row {header_row} do not include NHS Number.",
        "Add a column with the heading NHS Number, and upload the file again.",
    )


def no_email_column(header_row: int) -> ListRefused:
    return ListRefused(
        "no_email_column",
        f"The headings in row {header_row} do not include Email Address.",
        "Add a column with the heading Email Address. Email is the only channel here yet.",
    )


def no_rows() -> ListRefused:
    return ListRefused(
        "no_rows",
        "This file has headings and no patients below them.",
        "Check that your search found patients, then export the list again.",
    )
