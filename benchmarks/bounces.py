"""How many reports a second the listener takes, beside a bare aiosmtpd that says 250 to all and records nothing.

    bin/bench bounces [--reports 10000] [--rounds 3] [--connections 50] [--database sqlite --database postgres]

Both sides get the same letters (Postfix-style RFC 3464 reports to signed return paths) over the same number of
connections, one after the other in turn, in one run; each report is a patient of its own, and afterwards each must
have been recorded once. The senders are a process of their own and cost as little as Python can.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, insert, select

from messaging.app import create_base_app
from messaging.config import Settings
from messaging.db import db, transaction, utcnow
from messaging.models import (
    Batch,
    BatchStatus,
    DeliveryReceipt,
    Message,
    MessageStatus,
    Organisation,
    Recipient,
    RecipientStatus,
)
from messaging.return_path import ReturnPaths
from rehearsal.reports import report
from rehearsal.reports.matter import Matter
from tests.servers import LOOPBACK, database, free_port, postgres, wait_port

ROOT = Path(__file__).resolve().parents[1]
KEY = "a-key-for-this-benchmark"
DOMAIN = "returns.postround.example"
REACH = 0.5


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--reports", type=int, default=10_000, help="in each round")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--connections", type=int, default=50)
    arguments.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    arguments.add_argument("--as-bare", type=int, help=argparse.SUPPRESS)
    arguments.add_argument("--as-sender", nargs=2, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.as_bare:
        asyncio.run(bare(given.as_bare))
    elif given.as_sender:
        port, letters = given.as_sender
        asyncio.run(send(int(port), Path(letters), given.connections))
    else:
        compare(given)


def compare(given: argparse.Namespace) -> None:
    figures: dict[str, object] = {"figure": "bounces", "reports": given.reports, "connections": given.connections}
    print(f"{'database':<10} {'bare aiosmtpd':>16} {'Postround':>14} {'ratio':>7}   of {given.rounds} rounds, medians")
    for kind in given.database or ["sqlite", "postgres"]:
        with tempfile.TemporaryDirectory() as folder, _database(kind, Path(folder)) as url:
            rates = _rounds(given, Path(folder), url)
        ratios = [ours / other for other, ours in zip(rates["bare"], rates["ours"], strict=True)]
        bare_rate, ours_rate = (statistics.median(rates[side]) for side in ("bare", "ours"))
        print(f"{kind:<10} {bare_rate:>14,.0f}/s {ours_rate:>12,.0f}/s {statistics.median(ratios):>7.2f}", flush=True)
        figures[kind] = {
            "bare_per_second": round(bare_rate),
            "ours_per_second": round(ours_rate),
            "ratio": round(statistics.median(ratios), 2),
            "ratios": [round(ratio, 2) for ratio in ratios],
        }
    print(json.dumps({**figures, "ratio_reach": REACH, "rounds": given.rounds}))


def _rounds(given: argparse.Namespace, folder: Path, url: str) -> dict[str, list[float]]:
    """Reports a second of each side, round by round."""
    settings = Settings(
        secret_key=KEY, return_path_keys=(KEY,), data_dir=folder, database_url=url, return_path_domain=DOMAIN
    )
    app = create_base_app(settings)
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    with app.app_context(), _processes(settings) as ports:
        db.create_all()
        for number in range(given.rounds):
            letters = folder / f"letters-{number}"
            _write_letters(letters, given.reports)
            for side in rates if number % 2 == 0 else reversed(rates):
                rates[side].append(given.reports / _sending(ports[side], letters, given.connections))
            letters.unlink()
        expected = given.reports * given.rounds
        applied = select(func.count()).where(DeliveryReceipt.applied)
        failed = select(func.count()).where(Message.status == MessageStatus.FAILED)
        assert db.session.scalar(applied) == db.session.scalar(failed) == expected, "not each recorded once"
        db.session.remove()
        db.engine.dispose()
    return rates


def _write_letters(file: Path, count: int) -> None:
    """`count` patients to whom a message was handed over, and a report about each: pairs of lines of JSON."""
    with transaction():
        organisation = db.session.scalar(select(Organisation)) or Organisation(
            name="Riverside Surgery", ods_code="Y12345", from_address="riverside@example.org"
        )
        db.session.add(organisation)
        db.session.flush()
        batch = Batch(organisation_id=organisation.id, status=BatchStatus.SENDING)
        db.session.add(batch)
        db.session.flush()
        people = [
            {
                "batch_id": batch.id,
                "row_number": number,
                "nhs_number": "9434765919",
                "email": f"patient{number}@example.org",
                "status": RecipientStatus.SENT,
            }
            for number in range(count)
        ]
        recipients = db.session.execute(insert(Recipient).returning(Recipient.id, Recipient.email), people).all()
        now = utcnow()
        sent = {"batch_id": batch.id, "status": MessageStatus.SENT, "created_at": now, "sent_at": now}
        rows = [{**sent, "recipient_id": id_, "to_address": email} for id_, email in recipients]
        messages = db.session.execute(insert(Message).returning(Message.id, Message.to_address), rows).all()
    paths = ReturnPaths(DOMAIN, (KEY,))
    with file.open("w", encoding="ascii") as lines:
        for id_, address in messages:
            path = paths.address_for(id_, now.date())
            letter = report(
                "postfix",
                Matter(
                    number=id_,
                    return_path=path,
                    recipient=address,
                    action="failed",
                    status="5.1.1",
                    diagnostic="550 5.1.1 No such user here",
                    raw=_message(address),
                    arrived=now,
                    now=now,
                    original_recipient=f"rfc822;{address}",
                    headers_only=True,
                ),
            )
            lines.write(json.dumps([path, letter.decode("latin-1")]) + "\n")


def _message(to: str) -> bytes:
    header = {
        "From": "Riverside Surgery <riverside@example.org>",
        "To": to,
        "Subject": "Your flu vaccination",
        "Message-ID": f"<{to}>",
        "Date": "Tue, 24 Nov 2026 09:00:00 +0000",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
    }
    return "".join(f"{name}: {value}\r\n" for name, value in header.items()).encode() + b"\r\nHello\r\n"


@contextlib.contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'postround.db'}"
        return
    with postgres() as server, database(server) as url:
        yield url.replace("postgresql://", "postgresql+psycopg://", 1)


@contextlib.contextmanager
def _processes(settings: Settings) -> Iterator[dict[str, int]]:
    """Both servers, idle while the other one works."""
    ports = {"bare": free_port(), "ours": free_port()}
    environ = {
        **os.environ,
        "SECRET_KEY": KEY,
        "RETURN_PATH_KEYS": KEY,
        "RETURN_PATH_DOMAIN": DOMAIN,
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url.replace("+psycopg", ""),
        "BOUNCE_LISTENER_PORT": str(ports["ours"]),
    }
    commands = (["benchmarks.bounces", "--as-bare", str(ports["bare"])], ["bounce_listener"])
    with (settings.data_dir / "log").open("w") as log, contextlib.ExitStack() as stack:
        for command in commands:
            process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environ, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        for port in ports.values():
            wait_port(port, 60)
        yield ports


def _sending(port: int, letters: Path, connections: int) -> float:
    """Seconds from the first connection to the last 250."""
    given = ("--connections", str(connections), "--as-sender", str(port), str(letters))
    command = (sys.executable, "-m", "benchmarks.bounces", *given)
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return float(done.stdout)


async def send(port: int, letters: Path, connections: int) -> None:
    """A sender: every letter once, over so many connections that stay open; prints the seconds."""
    lines = map(json.loads, letters.read_text(encoding="ascii").splitlines())
    ready = [(f"RCPT TO:<{path}>\r\n".encode(), _on_the_wire(letter.encode("latin-1"))) for path, letter in lines]
    start = time.perf_counter()
    await asyncio.gather(*(_conversation(port, ready[place::connections]) for place in range(connections)))
    print(time.perf_counter() - start)


def _on_the_wire(letter: bytes) -> bytes:
    return letter.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n"


async def _conversation(port: int, letters: list[tuple[bytes, bytes]]) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)

    async def say(words: bytes, code: bytes) -> None:
        writer.write(words)
        while (line := await reader.readline())[3:4] == b"-":
            pass
        assert line.startswith(code), line

    await say(b"", b"220")
    await say(b"EHLO mx.example.net\r\n", b"250")
    for recipient, letter in letters:
        await say(b"MAIL FROM:<>\r\n", b"250")
        await say(recipient, b"250")
        await say(b"DATA\r\n", b"354")
        await say(letter, b"250")
    await say(b"QUIT\r\n", b"221")
    writer.close()


async def bare(port: int) -> None:
    """The peer: aiosmtpd as it comes, with its log as quiet as ours keeps it."""
    from aiosmtpd.smtp import SMTP

    logging.getLogger("mail.log").setLevel(logging.ERROR)

    class Handler:
        async def handle_DATA(self, *_: object) -> str:
            return "250 OK"

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), loop=loop, hostname="bare"), LOOPBACK, port)
    await server.serve_forever()


if __name__ == "__main__":
    main()
