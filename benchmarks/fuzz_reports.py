"""Long fuzzing of the report reader: no crash, no run over a second, no answer out of bounds.

python benchmarks/fuzz_reports.py [SECONDS]      default 600

Uses atheris (coverage-guided) where it is installed; else mutates our own samples with a seeded generator.
Stops with the offending message in fuzz-failure.eml.
"""

from __future__ import annotations

import importlib.util
import random
import resource
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bounce_listener.report import read_report  # noqa: E402

SAMPLES = [path.read_bytes() for path in sorted((ROOT / "tests" / "reports").glob("*.eml"))]
SEED = 20_261_124


def check(raw: bytes) -> float:
    """Reads one message; the seconds it took. Raises AssertionError, with the message kept, when a promise is broken."""
    started = time.perf_counter()
    report = read_report(raw)
    took = time.perf_counter() - started
    good = report.reader != "fault" and took < 1 and len(report.recipients) <= 1_000 and len(report.text) <= 64 << 10
    if not good:
        Path("fuzz-failure.eml").write_bytes(raw)
        raise AssertionError(f"{report.reader}, {took:.2f} s: see fuzz-failure.eml")
    return took


def mutated(chance: random.Random) -> bytes:
    raw = bytearray(chance.choice(SAMPLES))
    for _ in range(chance.randint(1, 20)):
        at = chance.randrange(len(raw) + 1)
        other = chance.choice(SAMPLES)
        start = chance.randrange(len(other))
        piece = other[start : start + chance.randint(1, 400)]
        match chance.randrange(5):
            case 0:
                raw[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 8)))
            case 1:
                del raw[at : at + chance.randint(1, 80)]
            case 2:
                raw[at:at] = piece
            case 3:
                raw[at:at] = piece[:20] * chance.randint(1, 2_000)
            case _:
                raw[at : at + len(piece)] = piece
    return bytes(raw)


def by_mutation(seconds: float) -> None:
    chance, slowest, runs, until = random.Random(SEED), 0.0, 0, time.monotonic() + seconds
    while time.monotonic() < until:
        slowest = max(slowest, check(mutated(chance)))
        runs += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{runs} messages, slowest {slowest:.3f} s, peak {peak:.0f} MiB for the whole process, no fault")


def by_coverage(seconds: float) -> None:
    import atheris

    corpus = ROOT / "tests" / "reports"
    atheris.Setup([sys.argv[0], f"-max_total_time={int(seconds)}", "-max_len=65536", str(corpus)], check)
    atheris.Fuzz()


if __name__ == "__main__":
    how_long = float(sys.argv[1]) if len(sys.argv) > 1 else 600
    (by_coverage if importlib.util.find_spec("atheris") else by_mutation)(how_long)
