"""Reports are read in processes of their own, so that hostile mail can cost time and memory only there.

A process that takes too long, eats too much or dies is replaced, and its report counts as not understood. Frames on
its pipes: four octets of length, then the raw report in, and JSON out.
"""

import asyncio
import contextlib
import json
import logging
import os
import resource
import signal
import struct
import sys
from dataclasses import astuple
from pathlib import Path

from bounce_listener.report import Kind, Report, ReportedRecipient, read_report
from messaging.reasons import Reason

READERS = max(2, min(4, os.cpu_count() or 1))
SECONDS = 10.0  # for one report; read_report itself stays far below
MEMORY = 1 << 30  # octets of address space for one process
LONGEST_ANSWER = 64 << 20
READABLE_OF_A_FAULT = 8 << 10  # octets: the system's own words come before the returned message

_LENGTH = struct.Struct(">I")
_ROOT = Path(__file__).parents[1]

log = logging.getLogger(__name__)


class ReadingRoom:
    """Processes that read reports, one report at a time each. Use on one event loop."""

    def __init__(self, readers: int = READERS, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._readers = readers
        self._idle: asyncio.Queue[_Reader | None] = asyncio.Queue()
        self._all: set[_Reader] = set()

    async def open(self) -> None:
        for _ in range(self._readers):
            self._idle.put_nowait(await self._start())

    async def close(self) -> None:
        for reader in list(self._all):
            await self._end(reader)

    async def read(self, raw: bytes) -> Report:
        """Never raises for what is in the report; waits its turn."""
        reader = await self._idle.get()
        try:
            if reader is None:
                reader = await self._start()
            async with asyncio.timeout(self._seconds):
                report = await reader.read(raw)
        except (TimeoutError, OSError, EOFError, ValueError) as error:
            log.error("a report could not be read error=%s octets=%d", type(error).__name__, len(raw))
            await self._end(reader)
            reader = None
            return unread(raw)
        except BaseException:  # the sender has gone: what this reader answers next would be for nobody
            await self._end(reader)
            reader = None
            raise
        finally:
            self._idle.put_nowait(reader)
        return report

    async def _start(self) -> "_Reader":
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bounce_listener.reading",
            cwd=_ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 20,
        )
        reader = _Reader(process)
        self._all.add(reader)
        return reader

    async def _end(self, reader: "_Reader | None") -> None:
        if reader is not None:
            self._all.discard(reader)
            await reader.end()


class _Reader:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._in, self._out = process, process.stdin, process.stdout

    async def read(self, raw: bytes) -> Report:
        self._in.write(_LENGTH.pack(len(raw)) + raw)
        await self._in.drain()
        (length,) = _LENGTH.unpack(await self._out.readexactly(_LENGTH.size))
        if length > LONGEST_ANSWER:
            raise ValueError("an answer of impossible length")
        return _from_json(await self._out.readexactly(length))

    async def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        self._in.close()


def unread(raw: bytes) -> Report:
    """What is kept of a report that no reader survived: its beginning, for a person to look at."""
    return Report(Kind.OTHER, (), "", "none", understood=False, text=raw[:READABLE_OF_A_FAULT].decode(errors="replace"))


def _to_json(report: Report) -> bytes:
    return json.dumps(astuple(report)).encode()


def _from_json(data: bytes) -> Report:
    kind, recipients, mta, reader, understood, text = json.loads(data)
    told = tuple(
        ReportedRecipient(address, original, action, status, permanent, diagnostic, code, Reason(reason), hard)
        for address, original, action, status, permanent, diagnostic, code, reason, hard in recipients
    )
    return Report(Kind(kind), told, mta, reader, understood, text)


def main() -> None:
    """Read frames until the listener closes the pipe, which is also how a signal to all of us ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(_LENGTH.size):
        (length,) = _LENGTH.unpack(header)
        answer = _to_json(read_report(source.read(length)))
        sink.write(_LENGTH.pack(len(answer)) + answer)
        sink.flush()


if __name__ == "__main__":
    main()
