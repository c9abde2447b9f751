"""`python -m rehearsal`: the post office and its inbox page, until SIGTERM or Ctrl-C."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from rehearsal.inbox import InboxServer
from rehearsal.post_office import PostOffice

log = logging.getLogger("rehearsal")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop. Answers the exit status: 0, or 1 when a port is taken."""
    options = _options(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(name)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    post_office = PostOffice(
        (options.returns_host, options.returns_port),
        options.delay,
        smtp_host=options.host,
        smtp_port=options.smtp_port,
    )
    try:
        with (
            post_office,
            InboxServer(post_office, options.host, options.inbox_port, options.assets) as inbox,
        ):
            log.info("listening smtp_port=%d inbox_port=%d", post_office.smtp_port, inbox.port)
            stop.wait()
    except OSError as error:
        log.error("cannot listen: %s", error.strerror)
        return 1
    log.info("stopped")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; keep it on this computer")
    parser.add_argument("--smtp-port", type=int, default=2526, help="where to send mail to; 0 takes a free port")
    parser.add_argument("--inbox-port", type=int, default=8025, help="the pretend inbox; 0 takes a free port")
    parser.add_argument("--returns-host", default="127.0.0.1", help="where reports go: the bounce listener")
    parser.add_argument("--returns-port", type=int, default=2525)
    parser.add_argument("--delay", type=float, default=2.0, help="seconds before a report goes")
    parser.add_argument("--assets", type=Path, help="folder that holds the NHS stylesheet")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
