"""Which Python the scripts accept, and what they say to another."""

import ast
import os
import sys
from pathlib import Path

import pytest

from kit import python
from kit.places import ROOT

SCRIPTS = ["run", "test", "check", "bench"]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would have been started in our place."""
    calls: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, words: calls.append([path, *words]))
    return calls


def test_it_goes_on_under_a_python_that_will_do(started: list[list[str]]) -> None:
    python.require((3, 11))
    python.require((3, 12))

    assert started == []


@pytest.mark.parametrize("version", [(3, 10), (3, 13), (3, 8)])
def test_it_stops_with_a_sentence_when_no_other_python_is_there(
    version: tuple[int, int], monkeypatch: pytest.MonkeyPatch, started: list[list[str]], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or 3\.12, and this is 3\.\d+: install python3\.12"):
        python.require(version)

    assert started == []


def test_it_starts_again_under_a_newer_python_that_is_there(
    monkeypatch: pytest.MonkeyPatch, started: list[list[str]], tmp_path: Path
) -> None:
    found = tmp_path / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    found.symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["bin/run", "--help"])

    with pytest.raises(SystemExit):  # the real execv would not have come back
        python.require((3, 9))

    assert started == [[str(found), str(found), "bin/run", "--help"]]


def test_it_does_not_believe_a_shim_that_only_promises_a_version(
    monkeypatch: pytest.MonkeyPatch, started: list[list[str]], tmp_path: Path
) -> None:
    shim = tmp_path / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    real = tmp_path / "other" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    real.parent.mkdir()
    real.symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{real.parent}")

    with pytest.raises(SystemExit):
        python.require((3, 9))

    assert [path for path, *_ in started] == [str(real)]


@pytest.mark.parametrize("file", [*SCRIPTS, "kit/__init__.py", "kit/python.py"])
def test_an_old_python_can_read_what_comes_before_the_question(file: str) -> None:
    ast.parse((ROOT / "bin" / file).read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_asks_for_its_python_before_anything_else(script: str) -> None:
    file = ROOT / "bin" / script
    tree = ast.parse(file.read_text(encoding="utf-8"))
    at_the_top = {
        alias.name for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names
    }

    assert at_the_top <= {"os", "sys", "python"}
    assert os.access(file, os.X_OK)
