"""From an Excel workbook to the text of one of its sheets, without trusting the workbook.

A thousand bytes of .xlsx can ask the reader for 500 GB (two cells at opposite corners), which ends the process that
reads. So sizes are checked here first, and the reader runs in a process of its own with limits (workbook_process).
"""

import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from messaging.patient_list import refusals

MAX_UNPACKED = 200_000_000
MAX_PARTS = 2_000
_SECONDS = 120
_PIECE = 1 << 16
_ROOT = Path(__file__).resolve().parents[2]
_EXIT_TOO_BIG = 4


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as CSV in UTF-8 (comma, every row from row 1 on), its name, and how many other sheets were not read."""

    csv: bytes
    name: str
    others: int


def is_workbook(raw: bytes) -> bool:
    """Whether the bytes are a zip archive, as .xlsx is. Whether it is a workbook is for read_sheet to find out."""
    return raw.startswith(b"PK\x03\x04")


def read_sheet(raw: bytes) -> Sheet:
    """The sheet with the patients: the first visible one with the headings, else the first with anything in it.

    Raises ListRefused.
    """
    _refuse_bombs(raw)
    command = [sys.executable, "-s", "-B", "-m", "messaging.patient_list.workbook_process"]
    environment = {"PYTHONPATH": str(_ROOT), "PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(  # noqa: S603
            command, input=raw, capture_output=True, env=environment, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise refusals.workbook_too_big() from None
    if done.returncode < 0 or done.returncode == _EXIT_TOO_BIG:  # killed by a limit
        raise refusals.workbook_too_big()
    if done.returncode:
        raise refusals.damaged_workbook()
    first_line, _, text = done.stdout.partition(b"\n")
    about = json.loads(first_line)
    return Sheet(text, about["sheet"], about["others"])


def _refuse_bombs(raw: bytes) -> None:
    """Refuses an archive that is no workbook or unpacks to too much, by what it says and by what it then does."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(raw)).infolist()
        if "xl/workbook.xml" not in {part.filename for part in parts}:
            raise refusals.damaged_workbook()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise refusals.workbook_too_big()
        for part in parts:
            if not _unpacks_as_declared(raw, part):
                raise refusals.damaged_workbook()
    except refusals.ListRefused:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, ValueError):
        raise refusals.damaged_workbook() from None


def _unpacks_as_declared(raw: bytes, part: zipfile.ZipInfo) -> bool:
    """Whether the part really has the size that the archive's directory states. Holds no more than a piece of it."""
    if part.flag_bits & 1:
        return False
    names = struct.unpack_from("<HH", raw, part.header_offset + 26)
    start = part.header_offset + 30 + sum(names)
    packed = memoryview(raw)[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        return len(packed) == part.file_size
    if part.compress_type != zipfile.ZIP_DEFLATED:
        return False
    inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    for place in range(0, len(packed), _PIECE):
        piece: bytes | memoryview = packed[place : place + _PIECE]
        while piece and not inflate.eof:
            size += len(inflate.decompress(piece, _PIECE))
            if size > part.file_size:
                return False
            piece = inflate.unconsumed_tail
    return size + len(inflate.flush()) == part.file_size
