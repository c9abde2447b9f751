"""Doing a slow step once: a stamp file holds the hash of what the step was made from."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(files: Iterable[Path]) -> str:
    """One hash over the names and contents of these files."""
    total = hashlib.sha256()
    for file in files:
        total.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def is_fresh(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="ascii").strip() == value


def set_stamp(stamp: Path, value: str) -> None:
    stamp.write_text(value + "\n", encoding="ascii")
