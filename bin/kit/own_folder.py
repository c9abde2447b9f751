"""The folder of this installation's own data: made once, closed to others, with secrets that are never replaced."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from kit.places import VAR

WORDS = "amber birch cedar delta ember fjord grove hazel juniper kestrel linden maple nettle olive pebble rowan"


def prepare(folder: Path) -> dict[str, Path]:
    """Make the folder and whatever secrets it lacks; return the file of each by its setting's name."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder == VAR:
        folder.chmod(0o700)
    return {
        "SECRET_KEY": _kept(folder, "secret_key", secrets.token_urlsafe(48)),
        "RETURN_PATH_KEYS": _kept(folder, "return_path_keys", secrets.token_urlsafe(32)),
    }


def rehearsal_password(folder: Path) -> str:
    """What the demo practice's manager signs in with: words that can be read out and typed."""
    words = [secrets.choice(WORDS.split()) for _ in range(4)]
    return _kept(folder, "rehearsal_password", "-".join([*words, str(secrets.randbelow(9000) + 1000)])).read_text(
        "ascii"
    )


def _kept(folder: Path, name: str, value: str) -> Path:
    """A file that only its owner may read, with this value unless it already holds one; whole or not at all."""
    keep = folder / "secrets"
    keep.mkdir(mode=0o700, exist_ok=True)
    file = keep / name
    if not file.exists():
        handle, part = tempfile.mkstemp(dir=keep)  # mkstemp opens it for its owner only
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(value + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(part, file)
        os.unlink(part)
    return file
