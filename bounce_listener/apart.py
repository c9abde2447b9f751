"""Reading in a process of its own, with limits on memory and time, for the ways in that have no clerks.

Hostile mail can cost something only there; a report on which it fails is kept unread, for a person. As a program, reads
one report from standard input and writes STARTED, then what it says as JSON.
"""

import json
import logging
import resource
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from bounce_listener.report import Kind, Report, ReportedRecipient, read_report
from messaging.reasons import Reason

MEMORY = 1 << 30  # octets of address space
SECONDS = 30.0
PROGRAM = "bounce_listener.apart"
STARTED = b"+"  # the first word of a reader
READABLE_OF_A_FAULT = 8 << 10  # octets: the mail system's own words come before the returned message
_ROOT = Path(__file__).parents[1]

log = logging.getLogger(__name__)


def read_apart(raw: bytes) -> Report:
    """As read_report(). Raises OSError when no process starts; then it may be tried again later."""
    command = [sys.executable, "-m", PROGRAM]
    try:
        said = subprocess.run(  # noqa: S603
            command, cwd=_ROOT, input=raw, stdout=subprocess.PIPE, timeout=SECONDS, check=False
        ).stdout
    except subprocess.TimeoutExpired as late:
        said = late.stdout or b""
    if not said.startswith(STARTED):
        raise OSError("the reader does not start")
    try:
        return _report(said.removeprefix(STARTED))
    except ValueError:  # it ended half way
        return unread(raw)


def unread(raw: bytes) -> Report:
    """What is kept of a report that readers failed on: its beginning, for a person to look at."""
    log.error("a report could not be read octets=%d", len(raw))
    return Report(Kind.OTHER, (), "", "none", understood=False, text=raw[:READABLE_OF_A_FAULT].decode(errors="replace"))


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _report(words: bytes) -> Report:
    said = json.loads(words)
    recipients = tuple(ReportedRecipient(**{**one, "reason": Reason(one["reason"])}) for one in said["recipients"])
    return Report(**{**said, "kind": Kind(said["kind"]), "recipients": recipients})


def main() -> None:
    limit_memory()
    sys.stdout.buffer.write(STARTED)
    sys.stdout.buffer.flush()
    report = read_report(sys.stdin.buffer.read())
    sys.stdout.write(json.dumps(asdict(report)))


if __name__ == "__main__":
    main()
