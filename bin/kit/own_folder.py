"""The folder of this installation's own data: made once, closed to others, with secrets that are never replaced."""

import os
import secrets
from pathlib import Path

from kit.places import VAR

WORDS = "amber birch cedar delta ember fjord grove hazel juniper kestrel linden maple nettle olive pebble rowan"


def prepare(folder: Path) -> dict[str, Path]:
    """Make the folder and whatever secrets it lacks; return the path of each by its setting's name."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder == VAR:
        folder.chmod(0o700)
    keep = folder / "secrets"
    keep.mkdir(mode=0o700, exist_ok=True)
    made = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "RETURN_PATH_KEYS": secrets.token_urlsafe(32),
        "REHEARSAL_PASSWORD": _words(4),
    }
    for name, value in made.items():
        write_once(keep / name.lower(), value)
    return {name: keep / name.lower() for name in made}


def write_once(file: Path, value: str) -> None:
    """Write a file that only its owner may read, unless it is there; whole or not at all."""
    if file.exists():
        return
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(value + "\n")
    part.replace(file)


def _words(count: int) -> str:
    """A password that can be read out and typed: for the rehearsal's demo practice only."""
    return "-".join([*(secrets.choice(WORDS.split()) for _ in range(count)), str(secrets.randbelow(9000) + 1000)])
