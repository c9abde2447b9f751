"""One report from standard input, for the pipe transport of Postfix or Exim.

The exit status is what they act upon: 0 is done, 75 (EX_TEMPFAIL) is tried again. There is no status for “refused”: the
mail server has taken the report already and would answer its sender with a mail, who is often forged. So a report to
a return path that is not ours, altered or expired is dropped with a line in the log, and whatever is wrong on our side
(settings, database, no word about the recipient) leaves it in their queue.
"""

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from bounce_listener import once
from bounce_listener.addressee import return_path_of, signed_in
from messaging.config import Settings
from messaging.return_path import ReturnPaths

DONE = 0
TRY_AGAIN = 75
ENVIRONMENT = ("ORIGINAL_RECIPIENT", "RECIPIENT", "LOCAL_PART")  # Postfix, both, Exim

log = logging.getLogger(__name__)


def run(app: Flask, source: BinaryIO, recipient: str = "", environ: Mapping[str, str] = os.environ) -> int:
    """Answers the exit status. The recipient: as given, else from the environment, else from the report's header."""
    settings: Settings = app.extensions["postround_settings"]
    paths: ReturnPaths = app.extensions["postround_return_paths"]
    raw = source.read(once.MOST_OCTETS)
    while source.read(1 << 16):
        pass  # their pipe is emptied: a mail server takes a broken one for a failure
    told = list(_told(recipient, environ))
    signed = next(signed_in(iter(told), paths), None) if told else return_path_of(raw, paths)
    if signed is None and not told and paths.domain.lower().encode() not in raw.lower():
        sys.stderr.write("Nothing says which return path this came to: give --recipient, see docs/listener.md.\n")
        return TRY_AGAIN
    if signed is None:
        log.info("dropped a report to no return path of ours via=pipe")
        return DONE
    if once.is_expired(signed, settings):
        log.info("dropped a report to an expired return path message=%d via=pipe", signed.message_id)
        return DONE
    try:
        once.take(app, raw, signed, "pipe")
    except (SQLAlchemyError, OSError) as error:
        log.error("the report could not be recorded message=%d error=%s", signed.message_id, type(error).__name__)
        return TRY_AGAIN
    return DONE


def _told(recipient: str, environ: Mapping[str, str]) -> Iterator[str]:
    if recipient:
        yield recipient
        return
    domain = environ.get("DOMAIN", "")
    for name in ENVIRONMENT:
        if value := environ.get(name, ""):
            yield value if "@" in value or not domain else f"{value}@{domain}"
