"""Our processes under honcho: together up, together down, and nothing left."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.places import ROOT
from tests.servers import wait_until

# Both print their own id, in one write, since they share a pipe. The first leaves its process group as a worker's
# forked job does, and outlives a polite request.
STUBBORN = """
import os, signal, time
os.setpgid(0, 0)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(1, f"{os.getpid()}\\n".encode())
time.sleep(120)
"""
QUIET = """
import os, time
os.write(1, f"{os.getpid()}\\n".encode())
time.sleep(120)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Two processes, one of which has a child outside its group; `stop` in tmp_path ends the second."""
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    (tmp_path / "quiet.py").write_text(QUIET)
    (tmp_path / "run.py").write_text(
        textwrap.dedent(f"""
        import os, sys, time
        sys.path.insert(0, {str(ROOT / "bin")!r})
        from kit import processes as kit_processes, sweep

        kit_processes.PATIENCE_SECONDS = 1
        sweep.GRACE_SECONDS = 0.5

        def attendant(processes):
            while not os.path.exists("fail"):
                time.sleep(0.05)
            processes.fail("the queue has gone")

        processes = kit_processes.Processes(attendant)
        processes.add_process("first", "{sys.executable} stubborn.py & {sys.executable} quiet.py", cwd=".")
        processes.add_process("second", "echo $$; while test ! -e stop; do sleep 0.05; done", cwd=".")
        sys.exit(processes.run())
        """)
    )
    started = subprocess.Popen(
        [sys.executable, "run.py"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    yield started
    if started.poll() is None:
        started.kill()
        started.wait()
    assert started.stdout
    started.stdout.close()


def ids_of_three(supervisor: subprocess.Popen[str]) -> set[int]:
    """What the three programs below it said their ids are."""
    found: set[int] = set()
    assert supervisor.stdout
    while len(found) < 3:
        words = supervisor.stdout.readline().split()
        assert words, "it ended too early"
        if words[-1].isdigit():
            found.add(int(words[-1]))
    return found


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if lives(pid)}


def lives(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_everything_and_is_no_failure(supervisor: subprocess.Popen[str], number: signal.Signals) -> None:
    pids = ids_of_three(supervisor)

    supervisor.send_signal(number)

    assert supervisor.wait(60) == 0
    wait_until(lambda: not alive(pids), what="the end of all processes")


def test_one_that_ends_by_itself_ends_the_others_and_is_a_failure(
    supervisor: subprocess.Popen[str], tmp_path: Path
) -> None:
    pids = ids_of_three(supervisor)

    (tmp_path / "stop").touch()

    assert supervisor.wait(60) == 1
    wait_until(lambda: not alive(pids), what="the end of all processes")


def test_the_attendant_ends_everything_and_says_why(supervisor: subprocess.Popen[str], tmp_path: Path) -> None:
    pids = ids_of_three(supervisor)

    (tmp_path / "fail").touch()
    said, _ = supervisor.communicate(timeout=60)

    assert supervisor.returncode == 1
    assert "postround | the queue has gone" in said
    wait_until(lambda: not alive(pids), what="the end of all processes")


def test_nobody_reading_its_output_ends_everything(supervisor: subprocess.Popen[str], tmp_path: Path) -> None:
    pids = ids_of_three(supervisor)

    assert supervisor.stdout
    supervisor.stdout.close()
    (tmp_path / "stop").touch()

    supervisor.wait(60)
    wait_until(lambda: not alive(pids), what="the end of all processes")
    assert os.getpid() not in pids
