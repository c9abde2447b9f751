import os
import re
import signal
import smtplib
import subprocess
import sys
from pathlib import Path

from post_office_kit import RETURN_PATH, ReturnsServer, wait_for

from rehearsal import PostOffice
from tests.servers import free_port

ROOT = Path(__file__).parents[2]


def test_the_command_runs_until_it_is_told_to_stop_and_logs_only_ids(returns: ReturnsServer, tmp_path: Path) -> None:

    log = tmp_path / "log"
    command = [sys.executable, "-m", "rehearsal", "--smtp-port", "0", "--inbox-port", "0"]
    command += ["--returns-port", str(returns.port), "--delay", "0"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, env=os.environ)
    try:
        wait_for(lambda: "listening" in log.read_text())
        port = re.search(r"smtp_port=(\d+)", log.read_text())
        assert port
        with smtplib.SMTP("127.0.0.1", int(port[1]), local_hostname="client", timeout=60) as client:
            client.sendmail(RETURN_PATH, ["bounce@example.org"], b"Subject: Private matter\r\n\r\nhello\r\n")
        wait_for(lambda: returns.taken)
        wait_for(lambda: "report taken message=1 action=failed" in log.read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    written = log.read_text()
    assert written.splitlines()[-1] == "INFO rehearsal stopped"
    assert "@" not in written
    assert "Private" not in written


def test_a_taken_port_ends_the_command_with_a_sentence() -> None:
    with PostOffice() as office:
        ended = subprocess.run(
            [sys.executable, "-m", "rehearsal", "--smtp-port", str(office.smtp_port), "--inbox-port", "0"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert ended.returncode == 1
    assert "cannot listen" in ended.stdout.lower()
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_taken_inbox_port_ends_the_command_too() -> None:
    with PostOffice() as office:
        ended = subprocess.run(
            [sys.executable, "-m", "rehearsal", "--smtp-port", str(free_port()), "--inbox-port", str(office.smtp_port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
