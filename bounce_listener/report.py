"""What a report says. `read_report` turns any bytes that came back into a `Report`; it never raises.

Readers are tried in order of trust, each a small file in `readers/`. As a program, reads one path a line from standard
input and writes one JSON line for each: `python -m bounce_listener.report < paths`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from bounce_listener.readers import (
    challenges,
    completed,
    delivery_status,
    guarded,
    headers,
    judge,
    kinds,
    listed,
    notice,
    opening,
    outcome,
    paragraphs,
    returned,
    sentences,
    transcript,
    wrapped,
)
from bounce_listener.readers.letter import MAX_BYTES, Letter
from bounce_listener.readers.page import Page
from bounce_listener.readers.verdict import Finding, Kind, Report, ReportedRecipient

__all__ = ["Kind", "Report", "ReportedRecipient", "read_report"]

MAX_TEXT = 64 << 10
MAX_MACHINE_TEXT = 16 << 10  # of it

# In order of trust; the first that finds anybody answers.
TEXT_READERS = (
    ("headers", headers.read),
    ("paragraphs", paragraphs.read),
    ("listed", listed.read),
    ("transcript", transcript.read),
)
# These see an address in less certain surroundings: only asked when the report speaks of failure.
WEAK_READERS = (
    ("labels", sentences.read_labels),
    ("sentences", sentences.read_sentences),
    ("completed", completed.read_names),
    ("guarded", guarded.read),
    ("returned", completed.read_mentioned),
)
SURE = (*(name for name, _ in TEXT_READERS), "labels", "sentences")  # the last only with two signs of a report


def read_report(raw: bytes) -> Report:
    """Kind and recipients of whatever came back. Pure; bounded time and memory; never raises."""
    try:
        return _read(Letter(raw))
    except Exception:
        text = raw[:MAX_TEXT].decode("utf-8", "replace")
        return Report(Kind.OTHER, (), "", "fault", understood=False, text=text)


def _read(letter: Letter) -> Report:
    page = Page(letter)
    if kinds.is_complaint(letter):
        return _report(page, Kind.COMPLAINT, "complaint")
    if (told := notice.read(letter)) is not None:
        kind, found = told
        return _report(page, kind, "notice", found)
    if kinds.is_receipt(letter):
        return _receipt(page)
    if not kinds.may_be_report(letter):
        return _unannounced(page) or _not_a_report(page)
    return _machine_part(page) or _words(page)


def _unannounced(page: Page) -> Report | None:
    """A report whose sender and way of coming do not show it: its words must, and name somebody in a sure shape."""
    if kinds.is_passed_on(page.letter):
        return None
    sure = opening.likeness(page.subject, page.text)
    if sure == 0 or (sure == 1 and page.letter.has("in-reply-to")):
        return None
    told = _words(page)
    return told if told.recipients and told.reader in SURE[: len(SURE) - (sure == 1)] else None


def _receipt(page: Page) -> Report:
    if found := delivery_status.rejected_by_rule(page.letter):
        return _report(page, Kind.FAILED, "delivery_status", found)
    kind = Kind.AUTOREPLY if kinds.is_automatic_reply(page.letter) else Kind.OTHER
    return _report(page, kind, "receipt")


def _not_a_report(page: Page) -> Report:
    if kinds.is_automatic_reply(page.letter) and _is_challenge(page):
        return _report(page, Kind.CHALLENGE, "challenge")
    if kinds.is_automatic_reply(page.letter):
        return _report(page, Kind.AUTOREPLY, "autoreply")
    return _report(page, Kind.OTHER, "none")


def _machine_part(page: Page) -> Report | None:
    mta, found = delivery_status.read(page.letter, page)
    acting = [finding for finding in found if finding.action]
    if not acting:
        return None
    if _is_challenge(page, acting[0]):
        return _report(page, Kind.CHALLENGE, "challenge", mta=mta)
    if any(finding.action == delivery_status.UNSAID for finding in acting):
        acting = [_said(page, finding) for finding in acting]
    if any(not finding.address for finding in acting):
        acting = _named_by_words(page, acting)
    return _report(page, _kind_of(acting), "delivery_status", acting, mta)


def _said(page: Page, finding: Finding) -> Finding:
    if finding.action != delivery_status.UNSAID:
        return finding
    final = outcome.gave_up(f"{page.text}\n{finding.diagnostic}") and not outcome.is_delay(page.subject, page.text)
    return replace(finding, action="failed" if final else "delayed")


def _is_challenge(page: Page, told: Finding | None = None) -> bool:
    diagnostic = told.diagnostic if told is not None else ""
    refused = told is not None and told.status[:1] == "5"
    sender = page.letter.header("from")
    return challenges.is_challenge(page.subject, sender, page.text, diagnostic, refused=refused)


def _named_by_words(page: Page, acting: list[Finding]) -> list[Finding]:
    """The machine part knows what happened and not to whom (a pipe, X.400, nothing): the words may know."""
    named = [finding for finding in acting if finding.address]
    lost = [finding for finding in acting if not finding.address]
    words, _ = _by_words(page)
    known = {finding.address.lower() for finding in named}
    fresh = [finding for finding in words if finding.address.lower() not in known]
    if len(lost) == len(fresh) or len(lost) == 1:
        pairs = zip(lost * len(fresh) if len(lost) == 1 else lost, fresh, strict=False)
        named.extend(replace(gone, address=known_one.address, original=known_one.original) for gone, known_one in pairs)
    return named or acting


def _words(page: Page) -> Report:
    letter = page.letter
    if kinds.has_automatic_subject(letter):
        return _report(page, Kind.AUTOREPLY, "autoreply")
    if not letter.has("x-failed-recipients") and _is_challenge(page):
        return _report(page, Kind.CHALLENGE, "challenge")
    if outcome.speaks_of_success(page.subject, page.text) and not letter.has("x-failed-recipients"):
        return _report(page, Kind.DELIVERED, "words")
    found, reader = _by_words(page)
    if not found:
        return _inside(page) or _nobody_named(page)
    if all(outcome.was_accepted(finding.diagnostic) for finding in found):
        return _report(page, Kind.DELIVERED, reader, [replace(finding, action="delivered") for finding in found])
    if outcome.is_delay(page.subject, page.text):
        return _report(page, Kind.DELAYED, reader, [replace(finding, action="delayed") for finding in found])
    return _report(page, Kind.FAILED, reader, [replace(finding, action="failed") for finding in found])


def _inside(page: Page) -> Report | None:
    """What a wrapped report's machine part says; text inside a wrapper is not trusted."""
    within = wrapped.inner(page.letter)
    told = _machine_part(Page(within)) if within is not None else None
    return replace(told, reader="wrapped", text=page.text[:MAX_TEXT]) if told is not None and told.recipients else None


def _nobody_named(page: Page) -> Report:
    """The return path knows whom it is about; only the kind is left to tell.

    It fails somebody by its words alone, so they must come as reports come: from nobody, or from a mail system.
    """
    if outcome.is_delay(page.subject, page.text):
        return _report(page, Kind.DELAYED, "words")
    if kinds.comes_from_nobody(page.letter) and outcome.says_not_delivered(page.subject, page.text):
        return _report(page, Kind.FAILED, "words")
    if kinds.is_automatic_reply(page.letter):
        return _report(page, Kind.AUTOREPLY, "autoreply")
    return _report(page, Kind.OTHER, "none", understood=False)


def _by_words(page: Page) -> tuple[list[Finding], str]:
    """The first reader's findings, without whom the report is from and to (a header that names them is believed)."""
    weak = WEAK_READERS if outcome.speaks_of_failure(page.subject, page.text) else ()
    for name, read in (*TEXT_READERS, *weak):
        found = [one for one in read(page) if name == "headers" or one.address.lower() not in page.strangers]
        if found:
            return found, name
    return [], "none"


def _kind_of(found: list[Finding]) -> Kind:
    actions = {finding.action for finding in found}
    if "failed" in actions:
        return Kind.FAILED
    return Kind.DELAYED if "delayed" in actions else Kind.DELIVERED


def _report(
    page: Page, kind: Kind, reader: str, found: list[Finding] | None = None, mta: str = "", *, understood: bool = True
) -> Report:
    told = judge.recipients((finding for finding in found or [] if finding.address), page.text)
    return Report(kind, told, mta, reader, understood, _kept(page))


def _kept(page: Page) -> str:
    """What people may look up later: the words, then the machine part; nothing of the returned message."""
    parts = [leaf.text for leaf in delivery_status.parts(page.letter) if leaf.content_type.startswith("leaf/")]
    machine = "\n\n".join(returned.cut(text).strip() for text in parts)[:MAX_MACHINE_TEXT]
    return f"{page.text[: MAX_TEXT - len(machine) - 2].rstrip()}\n\n{machine}" if machine else page.text[:MAX_TEXT]


def _as_json(path: str, report: Report) -> str:
    return json.dumps(
        {
            "file": path,
            "kind": report.kind.value,
            "is_bounce": report.kind is Kind.FAILED,
            "reader": report.reader,
            "recipients": [
                {
                    "address": told.address,
                    "original": told.original,
                    "action": told.action,
                    "status": told.status,
                    "permanent": told.permanent,
                    "hard": told.hard,
                    "reason": told.reason.value,
                }
                for told in report.recipients
            ],
        },
        ensure_ascii=False,
    )


def main() -> None:
    """One path a line in, one JSON line a message out, flushed. A file that cannot be read gets an error line."""
    for line in sys.stdin:
        if path := line.rstrip("\n"):
            try:
                with Path(path).open("rb") as file:
                    answer = _as_json(path, read_report(file.read(MAX_BYTES + 1)))
            except OSError as error:
                answer = json.dumps({"file": path, "recipients": [], "error": type(error).__name__})
            sys.stdout.write(answer + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
