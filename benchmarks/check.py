"""How long it takes to read and check a patient list, and how much memory, beside a bare csv.DictReader pass.

Each measurement is a process of its own. The two sides alternate; figures are medians.
    python benchmarks/check.py [--rounds 5]
"""

import argparse
import csv
import io
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SIZES = (1_000, 10_000, 100_000)
HEADINGS = (
    "NHS Number", "EMIS Number", "Title", "Forename", "Surname", "Date of Birth", "Mobile Telephone", "Email Address",
    "Postcode", "Usual GP",
)  # fmt: skip
REACH_RATIO, REACH_MIB = 7.0, 120.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--side", choices=("ours", "dictreader"), help=argparse.SUPPRESS)
    arguments.add_argument("--file", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.side:
        print(json.dumps(measure(given.side, Path(given.file))))
    else:
        compare(given.rounds)


def compare(rounds: int) -> None:
    figures: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'rows':>8} {'MB':>6} {'DictReader':>11} {'checked':>9} {'ratio':>6} {'µs/row':>7} {'peak MiB':>9}")
        for rows in SIZES:
            path = Path(folder, f"{rows}.csv")
            path.write_bytes(patients_csv(rows))
            taken: dict[str, list[dict[str, Any]]] = {"dictreader": [], "ours": []}
            for _ in range(rounds):
                for side in taken:
                    taken[side].append(in_process(side, path))
            assert all(one["accepted"] + one["refused"] == rows for one in taken["ours"])
            bare = statistics.median(one["seconds"] for one in taken["dictreader"])
            ours = statistics.median(one["seconds"] for one in taken["ours"])
            peak = statistics.median(one["peak_mib"] for one in taken["ours"])
            figures[rows] = {"bare": bare, "ours": ours, "peak": peak}
            print(
                f"{rows:>8,} {path.stat().st_size / 1e6:>6.1f} {bare:>9.3f} s {ours:>7.3f} s {ours / bare:>6.2f} "
                f"{ours / rows * 1e6:>7.1f} {peak:>9.1f}"
            )
    most = figures[SIZES[-1]]
    print(
        json.dumps(
            {
                "figure": "check",
                "rows": SIZES[-1],
                "dictreader_ratio": round(most["ours"] / most["bare"], 2),
                "dictreader_ratio_reach": REACH_RATIO,
                "seconds": round(most["ours"], 3),
                "peak_mib": round(most["peak"], 1),
                "peak_mib_reach": REACH_MIB,
                "growth": round(most["ours"] / SIZES[-1] / (figures[SIZES[0]]["ours"] / SIZES[0]), 2),
                "rounds": rounds,
            }
        )
    )


def in_process(side: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--side", side, "--file", str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(side: str, path: Path) -> dict[str, Any]:
    """One pass over the file: seconds without start-up and imports, and the peak memory of this whole process."""
    counts: dict[str, int] = {}
    if side == "dictreader":
        begun = time.perf_counter()
        with path.open(encoding="utf-8-sig", newline="") as stream:
            counts["rows"] = sum(1 for _ in csv.DictReader(stream))
    else:
        sys.path.insert(0, str(ROOT))
        from messaging.patient_list import read_patient_list

        begun = time.perf_counter()
        with path.open("rb") as stream:
            patients = read_patient_list(stream, path.name)
        counts["accepted"] = sum(1 for row in patients.accepted if row.fields)
        counts["refused"] = sum(1 for row in patients.refused if row.problem)
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, **counts}


def patients_csv(rows: int) -> bytes:
    """A practice's list: mostly right, 2 % without an address, 1 % with a wrong one, 1 % with a damaged number."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    for index in range(rows):
        surname = ("O’Neill", "Smith", "Okafor-Żak", "Patel", "Jones")[index % 5]
        domain = ("gmail.com", "hotmail.co.uk", "btinternet.com", "outlook.com", f"family{index}.co.uk")[index % 5]
        email = f"Patient.{index}@{domain}"
        if index % 50 == 7:
            email = ""
        elif index % 100 == 11:
            email = f"patient {index}@{domain}"
        number = "9.43477E+09" if index % 100 == 23 else nhs_number(index)
        birth = f"{1 + index % 28:02d}/{1 + index % 12:02d}/{1930 + index % 90}"
        mobile = f"07700 {900000 + index % 1000}"
        writer.writerow((number, index, "Mrs", f"Zoë{index}", surname, birth, mobile, email, "AB1 2CD", "Dr A Example"))
    return text.getvalue().encode("utf-8-sig")


def nhs_number(index: int) -> str:
    """A valid number that is never issued (999 …), another for each index; every fourth one spaced."""
    base = 999_000_000 + index * 7
    while True:
        digits = f"{base:09d}"
        check = -sum(int(digit) * (10 - place) for place, digit in enumerate(digits)) % 11
        if check < 10:
            break
        base += 1
    number = f"{digits}{check}"
    return f"{number[:3]} {number[3:6]} {number[6:]}" if index % 4 == 0 else number


if __name__ == "__main__":
    main()
