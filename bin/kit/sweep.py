"""Ending what honcho cannot see: a worker's forked job, for one, has left the process group that honcho ends."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

GRACE_SECONDS = 3


def sweep(leaders: Iterable[int], parents: Iterable[int]) -> None:
    """End whatever still runs in the sessions of these leaders, or was started by these parents."""
    sessions, parents = set(leaders), set(parents)
    for number in (signal.SIGTERM, signal.SIGKILL):
        left = _left(sessions, parents)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + GRACE_SECONDS
        while left and time.monotonic() < deadline:
            time.sleep(0.05)
            left = _left(sessions, parents)
        if not left:
            return


def _left(sessions: set[int], parents: set[int]) -> set[int]:
    """Widens `sessions` by what the parents started, so that nothing of theirs is lost when they end."""
    found = set()
    for pid, parent in _processes():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            session = os.getsid(pid)
            if parent in parents and session == pid:
                sessions.add(session)
            if session in sessions:
                found.add(pid)
    return found


def _processes() -> Iterator[tuple[int, int]]:
    """Every process that is not already dead, as (its id, its parent's id)."""
    if Path("/proc/self/stat").exists():
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                    if state not in "ZX":
                        yield int(entry.name), int(parent)
        return
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,state="], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        pid, parent, state = line.split()[:3]
        if not state.startswith("Z"):
            yield int(pid), int(parent)
