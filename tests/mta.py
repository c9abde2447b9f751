"""A private Postfix on loopback, for tests: folders, port and processes of its own, gone at the end.

The machine's own Postfix is neither started nor touched. Needs root, since Postfix changes users, and the programs of
Debian's package; where one is missing the test skips and says so. Everything that it relays goes to loopback: reports
to the port of the return path's domain, all other mail to one port, the world.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.servers import LOOPBACK, free_port, wait_port

ACCOUNT = "postfix"
PROGRAMS = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin"
ENDS_WITHIN_SECONDS = 40
PATIENT = {  # unless told otherwise: tries again every second, soon says that mail is delayed, and gives up nothing
    "queue_run_delay": "1s",
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "1s",
    "maximal_queue_lifetime": "1h",
    "bounce_queue_lifetime": "1h",
    "delay_warning_time": "8s",  # after the first try of everyone, on a slow machine too
}
UNKNOWN_DOMAIN = (
    "error:5.4.4 Host or domain name not found. Name service error for name={domain} type=AAAA: Host not found"
)
SERVICES = """\
{host}:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """`parameters` are main.cf: change them by configure()."""

    def __init__(self, folder: Path, port: int, parameters: Mapping[str, str]) -> None:
        self.port = port
        self.url = f"smtp://{LOOPBACK}:{port}?starttls=off"
        self.parameters = dict(parameters)
        self.spool = folder / "spool"
        self._etc, self._data, self._log = folder / "etc", folder / "data", folder / "mail.log"
        for made in (self._etc, self.spool, self._data):
            made.mkdir()
        shutil.chown(self._data, ACCOUNT)
        (self._etc / "master.cf").write_text(SERVICES.format(host=LOOPBACK, port=port))
        self._write()

    def start(self) -> None:
        """Returns once it takes mail."""
        self._command("start")
        wait_port(self.port)

    def stop(self) -> None:
        """Returns once the last of its processes is gone; what is in its queue stays there."""
        master = self.spool / "pid" / "master.pid"
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(master.read_text()), signal.SIGTERM)
        patience = time.monotonic() + ENDS_WITHIN_SECONDS
        while left := self.processes():
            for process in left if time.monotonic() > patience else ():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.02)

    def configure(self, **parameters: str) -> None:
        """Sets them and starts it anew: a mere reload loses sight, for a while, of mail being tried just then."""
        self.stop()
        self.parameters.update(parameters)
        self._write()
        self.start()

    def processes(self) -> list[int]:
        """All of it works in its own queue directory."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "cwd").readlink().is_relative_to(self.spool):
                    found.append(int(process.name))
        return found

    def waiting(self) -> int:
        """Mail in its queue, reports too."""
        return sum(
            path.is_file() for name in ("incoming", "active", "deferred") for path in (self.spool / name).rglob("*")
        )

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _write(self) -> None:
        lines = [f"{name} = {value}\n" for name, value in self.parameters.items()]
        (self._etc / "main.cf").write_text("".join(lines))

    def _command(self, word: str) -> None:
        done = subprocess.run(
            ["postfix", "-c", str(self._etc), word],
            env={**os.environ, "PATH": PROGRAMS},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"postfix {word}: {done.stderr[-1000:]}{self.log()[-2000:]}"


@contextlib.contextmanager
def postfix(
    world: int, returns: Mapping[str, int], *, unknown: Sequence[str] = (), **parameters: str
) -> Iterator[Postfix]:
    """Running. `world` and the values of `returns` (by domain) are loopback ports, `parameters` go into main.cf.

    Of the domains in `unknown` it says what it says when the DNS knows nothing of them.
    """
    _skip_where_something_is_missing()
    folder = Path(tempfile.mkdtemp(prefix="postround-mta-"))
    folder.chmod(0o755)  # its processes run as another user, who must reach its own folders
    try:
        mta = Postfix(
            folder, free_port(), {**_main(folder), **_routes(world, returns, unknown), **PATIENT, **parameters}
        )
        try:
            mta.start()
            yield mta
        finally:
            mta.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _main(folder: Path) -> dict[str, str]:
    return {
        "compatibility_level": "3.6",
        "queue_directory": str(folder / "spool"),
        "data_directory": str(folder / "data"),
        "maillog_file": str(folder / "mail.log"),
        "maillog_file_prefixes": str(folder),
        "mail_owner": ACCOUNT,
        "syslog_name": "postround-mta",
        "inet_interfaces": LOOPBACK,
        "inet_protocols": "ipv4",
        "myhostname": "smarthost.example",
        "mydestination": "",
        "local_recipient_maps": "",
        "alias_maps": "",
        "alias_database": "",
        "notify_classes": "",
        "mynetworks": f"{LOOPBACK}/32",
        "smtpd_relay_restrictions": "permit_mynetworks, reject",
        "smtpd_tls_security_level": "none",
        "smtp_tls_security_level": "none",
        "smtp_dns_support_level": "disabled",
        "smtp_host_lookup": "native",
        # One patient who is put off says nothing about the next, although all live behind the same port.
        "default_destination_concurrency_failed_cohort_limit": "0",
    }


def _routes(world: int, returns: Mapping[str, int], unknown: Sequence[str]) -> dict[str, str]:
    to_the_world = f"smtp:[{LOOPBACK}]:{world}"
    routes = {domain: f"smtp:[{LOOPBACK}]:{port}" for domain, port in returns.items()}
    routes |= {domain: UNKNOWN_DOMAIN.format(domain=domain) for domain in unknown}
    table = ", ".join(f"{{ {domain} = {way} }}" for domain, way in routes.items())
    return {
        "default_transport": to_the_world,
        "relay_transport": to_the_world,
        "transport_maps": f"inline:{{ {table} }}",
    }


def _skip_where_something_is_missing() -> None:
    if os.geteuid() != 0:
        pytest.skip("Postfix changes users: run this as root.")
    if shutil.which("postfix", path=PROGRAMS) is None:
        pytest.skip("Postfix is missing: install Debian’s postfix (it need not be started).")
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        pytest.skip(f"The account {ACCOUNT} is missing: Debian’s postfix makes it.")
