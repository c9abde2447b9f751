"""`bin/check --long`: reports that a coverage-guided fuzzer makes out of our samples, until one breaks a promise.

Not collected by pytest. `python -m tests.fuzz_reports [SECONDS]`, ten minutes by default. What it finds it leaves in
var/fuzz/: make a sample of it for tests/reports/.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["bounce_listener"]):
    from bounce_listener import report
    from bounce_listener.readers.letter import Letter

ROOT = Path(__file__).resolve().parents[1]
FOUND = ROOT / "var" / "fuzz"
LONGEST = 64 * 1024  # octets of a made report
SLOWEST = 5  # seconds for one; the instrumented readers are several times slower than the real ones
MEMORY_MB = 1024


def one(raw: bytes) -> None:
    """Without the net that read_report spreads under the readers: here a fault must be seen."""
    said = report._read(Letter(raw))
    failed = said.kind is report.Kind.FAILED
    assert failed or not any(recipient.permanent for recipient in said.recipients)
    assert len(said.text) <= report.MAX_TEXT


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    FOUND.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="postround-fuzz-") as folder:
        for sample in (ROOT / "tests" / "reports").glob("*.eml"):
            shutil.copy(sample, folder)
        limits = [
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST}",
            f"-timeout={SLOWEST}",
            f"-rss_limit_mb={MEMORY_MB}",
        ]
        atheris.Setup([sys.argv[0], folder, f"-artifact_prefix={FOUND}/", *limits, "-verbosity=0"], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
