"""The locks: complete, with hashes, and without any index's address; nor does any other committed file name one."""

import json
import re
import subprocess

import pytest

from kit.places import ROOT

LOCKS = [
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-bench.txt",
    "requirements-node.txt",
    "requirements-fuzz.txt",
]
HOSTS = re.compile(
    "|".join(["py" + r"pi\.org", "python" + "hosted" + r"\.org", "npm" + r"js\.(org|com)", "yarnpkg" + r"\.com"])
)
PIN = re.compile(r"^([a-z0-9._-]+)(\[[a-z0-9,_-]+\])?==([^ ;\\]+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    return {name: version for name, _, version in PIN.findall((ROOT / lock).read_text())}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / lock).read_text()
    requirements = re.split(r"\n(?=\S)", text.replace("\\\n", " "))

    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    pinned = [line for line in requirements if line.strip() and not line.startswith("#")]
    assert pinned
    assert [line[:60] for line in pinned if "==" not in line or "--hash=sha256:" not in line] == []


@pytest.mark.parametrize(
    ("larger", "smaller"),
    [("requirements-dev.txt", "requirements.txt"), ("requirements-bench.txt", "requirements-dev.txt")],
)
def test_a_larger_lock_holds_all_of_the_smaller_one(larger: str, smaller: str) -> None:
    assert pins(smaller).items() <= pins(larger).items()


def test_the_browser_assets_are_pinned_exactly_and_locked_without_addresses() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    locked = {name.removeprefix("node_modules/"): entry for name, entry in lock["packages"].items() if name}

    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert locked[name]["version"] == version
        assert locked[name]["integrity"].startswith("sha512-")
    assert "://" not in json.dumps([entry.get("resolved", "") for entry in locked.values()])


def test_no_committed_file_names_a_package_index() -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listing.split("\0") if name]
    naming = [
        file for file in files if file.is_file() and HOSTS.search(file.read_text(encoding="utf-8", errors="replace"))
    ]

    assert files
    assert naming == []
