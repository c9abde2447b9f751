"""In CI a skip is a failure; elsewhere it only says what is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.places import ROOT
from tests.servers import wait_until

SKIPS = """
import pytest

@pytest.fixture
def browser():
    pytest.skip("Chromium is missing")

def test_in_a_fixture(browser): ...

@pytest.mark.skipif(True, reason="Postfix is missing")
def test_by_a_mark(): ...

def test_that_runs(): ...

@pytest.mark.xfail(reason="known")
def test_known_to_fail():
    raise ValueError
"""
WHOLE_MODULE = 'import pytest\npytest.skip("PostgreSQL is missing", allow_module_level=True)\n'


def outcome(folder: Path, *options: str, **environ: str) -> tuple[int, str]:
    bare = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", "-ra", *options, str(folder)],
        cwd=folder,
        env={**bare, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "test_some.py").write_text(SKIPS)
    return tmp_path


def test_a_skip_says_what_is_missing_and_is_no_failure(folder: Path) -> None:
    code, said = outcome(folder)

    assert code == 0
    assert "1 passed, 2 skipped, 1 xfailed" in said
    assert "Chromium is missing" in said


@pytest.mark.parametrize(
    ("options", "environ"), [([], {"CI": "true"}), (["--no-skips"], {}), (["-n", "2"], {"CI": "true"})]
)
def test_a_skip_is_a_failure_in_ci_or_when_asked(folder: Path, options: list[str], environ: dict[str, str]) -> None:
    code, said = outcome(folder, *options, **environ)

    assert code == 1
    assert "1 passed" in said
    assert "skipped" not in said.splitlines()[-1]
    assert "A skip is a failure here. " in said
    assert "Chromium is missing" in said
    assert "Postfix is missing" in said
    assert "1 xfailed" in said


@pytest.mark.parametrize("spread", [[], ["-n", "2"]], ids=["one-process", "spread"])
def test_a_whole_file_that_skips_itself_is_a_failure_too(tmp_path: Path, spread: list[str]) -> None:
    (tmp_path / "test_whole.py").write_text(WHOLE_MODULE)

    code, said = outcome(tmp_path, "--no-skips", *spread)

    assert code != 0
    assert "PostgreSQL is missing" in said


def test_no_test_at_all_is_a_failure(tmp_path: Path) -> None:
    assert outcome(tmp_path)[0] != 0


@pytest.mark.parametrize("spread", [[], ["-n", "2"]], ids=["one-process", "spread"])
def test_a_run_that_is_told_to_stop_stops_what_its_tests_started(tmp_path: Path, spread: list[str]) -> None:
    (tmp_path / "test_slow.py").write_text(
        "import pathlib, time, pytest\n"
        "@pytest.fixture\n"
        "def server():\n"
        "    pathlib.Path('up').touch()\n"
        "    yield\n"
        "    pathlib.Path('down').touch()\n"
        "def test_waits(server): time.sleep(600)\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", *spread, str(tmp_path)]
    running = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL
    )
    wait_until((tmp_path / "up").exists, what="the start of the slow test")

    running.terminate()

    assert running.wait(60) == 143
    assert (tmp_path / "down").exists()
