"""Why a patient's detail cannot be used."""

CORRECT_IT = "Correct it in the patient’s record, or in the file, and upload the file again."


class Refused(ValueError):
    """A value that cannot be used: a short key of the reason, what is wrong, and how to mend it."""

    def __init__(self, code: str, problem: str, mend: str) -> None:
        super().__init__(code)
        self.code, self.problem, self.mend = code, problem, mend
