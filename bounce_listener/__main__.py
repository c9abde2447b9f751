"""`python -m bounce_listener`: takes the non-delivery reports that come back, by SMTP unless told another way in.

--lmtp [PATH]        LMTP instead of SMTP, on the same port or on a local socket
--pipe               one report from standard input, for a mail server's pipe transport
--mailbox [URL]      polls a mailbox (imaps://user:password@host/INBOX, or MAILBOX_URL)
"""

import argparse
import asyncio
import logging
import sys

from bounce_listener import listener, mailbox, pipe
from messaging.app import create_base_app, log_to_stderr
from messaging.config import SettingsError
from messaging.db import db, make_durable


def main() -> int:
    """The exit status: 0, 1 for a mistake in the settings, or what a pipe transport expects."""
    given = _arguments()
    log_to_stderr()
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's own: it writes addresses
    try:
        app = create_base_app()
        with app.app_context():
            make_durable(db.engine)
        if given.pipe:
            return pipe.run(app, sys.stdin.buffer, given.recipient)
        if given.mailbox is not None:
            return mailbox.run(app, given.mailbox, once=given.once)
        asyncio.run(listener.serve(app, lmtp=given.lmtp))
    except SettingsError as error:
        sys.stderr.write("\n".join(error.problems) + "\n")
        return pipe.TRY_AGAIN if given.pipe else 1
    except listener.CannotListen as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bounce_listener", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--lmtp", nargs="?", const=True, default=False, metavar="PATH", help=argparse.SUPPRESS)
    ways.add_argument("--pipe", action="store_true", help=argparse.SUPPRESS)
    ways.add_argument("--mailbox", nargs="?", const="", default=None, metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--recipient", default="", help="with --pipe: the return path that the report came to")
    parser.add_argument("--once", action="store_true", help="with --mailbox: one round, then end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
