"""The gate: what the reader must reach on labelled real reports, measured by the scorer that stands beside them.

The reports belong to others and are not part of this repository. Where they stand (REPORTS_DIR, or ../shared/reports)
the gate is collected; where they do not, there is no such test to skip, and our own samples are the gate: they are
labelled too, and `test_readers.py` demands that every one of them is exact.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bounce_listener.report import read_report

ROOT = Path(__file__).parents[2]
REPORTS = Path(os.environ.get("REPORTS_DIR") or ROOT.parent / "shared" / "reports")


def scored(folder: str, out: Path) -> dict[str, Any]:
    """The scorer's own counts for our reader, run as a program, one message at a time."""
    subprocess.run(
        [
            *(sys.executable, str(REPORTS / "score.py"), str(REPORTS / folder), "--json", str(out)),
            *("--parser", f"ours={sys.executable} -m bounce_listener.report"),
        ],
        check=True,
        capture_output=True,
        cwd=ROOT,
        timeout=280,
    )
    counts: dict[str, Any] = json.loads(out.read_text())["ours"]["counts"]
    return counts


def read_once(raw: bytes) -> float:
    """Seconds; of three the best says what reading costs, and not what else the machine did."""
    started = time.process_time()
    read_report(raw)
    return time.process_time() - started


def share(counts: dict[str, Any], part: str, whole: str) -> float:
    return 100 * float(counts.get(part, 0)) / float(counts[whole])


if (REPORTS / "score.py").is_file():

    def test_it_reads_real_reports_as_well_as_promised(tmp_path: Path) -> None:
        counts = scored("real", tmp_path / "real.json")
        found, missed, wrong = (counts.get(name, 0) for name in ("tp", "fn", "fp"))
        assert 100 * found / (found + missed) >= 99
        assert 100 * found / (found + wrong) >= 99
        assert share(counts, "exact", "pos") >= 98
        assert share(counts, "st_ok", "st_n") >= 97
        assert share(counts, "kind_ok", "kind_n") >= 98
        assert counts.get("neg_marked", 0) == 0
        assert counts.get("crash", 0) == 0
        assert counts["_max"] < 2_000

    def test_every_trap_is_exact(tmp_path: Path) -> None:
        counts = scored("traps", tmp_path / "traps.json")
        assert counts["exact"] == counts["pos"]
        assert counts["kind_ok"] == counts["kind_n"]
        assert [counts.get(name, 0) for name in ("fn", "fp", "neg_marked", "crash")] == [0, 0, 0, 0]

    def test_the_median_real_report_takes_at_most_two_milliseconds() -> None:
        took = []
        for line in (REPORTS / "real" / "gold.jsonl").read_text().splitlines():
            raw = (REPORTS / "real" / json.loads(line)["file"]).read_bytes()
            took.append(min(read_once(raw) for _ in range(3)))
        assert sorted(took)[len(took) // 2] <= 0.002


def test_our_own_samples_are_read_in_two_milliseconds_too() -> None:
    raws = [path.read_bytes() for path in (ROOT / "tests" / "reports").glob("*.eml")]
    took = []
    for raw in raws:
        took.append(min(read_once(raw) for _ in range(3)))
    assert sorted(took)[len(took) // 2] <= 0.002
