"""From what came back to a return path of ours to evidence about that one message. Pure.

The signed return path says which message it is about; the report only says what happened. So an address in it is
corroboration: equal to ours → as said; one other → our patient's mail was passed on, still our patient; several, and
ours not among them → nobody can tell, a person looks.
"""

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bounce_listener.report import Kind, Report, ReportedRecipient
from messaging.models import EvidenceKind
from messaging.reasons import reason_for
from messaging.receipts import GONE, TEST_MESSAGE, Evidence
from messaging.return_path import Signed

KIND_OF_ACTION = {
    "failed": EvidenceKind.FAILED,
    "delayed": EvidenceKind.DELAYED,
    "delivered": EvidenceKind.DELIVERED,
    "relayed": EvidenceKind.DELIVERED,
    "expanded": EvidenceKind.DELIVERED,
}
SAID_OF_EACH = (Kind.FAILED, Kind.DELAYED, Kind.DELIVERED)  # a report of these has an action for each recipient
_SPACE = b" \t\r\n\f\v\x00"


@dataclass(frozen=True, slots=True)
class Returned:
    """A report that came to a return path of ours. `digest` is of its body, see below."""

    signed: Signed
    report: Report
    digest: bytes
    via: str  # smtp, lmtp, pipe, mailbox


def digest_of(raw: bytes) -> bytes:
    """The same for every copy of a report, by whatever way it came.

    Each relay adds header fields, changes line ends and folds white space, so none of these is looked at; what the
    reporting system wrote into the body (its MIME boundaries, dates and queue ids too) is.
    """
    text = raw.replace(b"\r\n", b"\n").lstrip(b"\n")
    _header, _, body = text.partition(b"\n\n")
    return hashlib.sha256((body or text).translate(None, _SPACE)).digest()


def evidence(returned: Returned, to_address: str | None) -> Evidence:
    """`to_address` is whom the message was written to; None when it is gone."""
    message_id = returned.signed.message_id
    report = returned.report
    told = about_ours(report.recipients, to_address or "")
    understood = report.understood and (told is not None or not report.recipients)
    if not understood:
        kind = EvidenceKind.OTHER
    elif told is not None and report.kind in SAID_OF_EACH:
        kind = KIND_OF_ACTION.get(told.action, EvidenceKind(report.kind.value))
    else:
        kind = EvidenceKind(report.kind.value)
    return Evidence(
        message_id=GONE if to_address is None and message_id != TEST_MESSAGE else message_id,
        evidence_id=_evidence_id(returned),
        kind=kind,
        via=returned.via,
        status=told.status if told else "",
        smtp_code=told.code if told else None,
        reason=_reason(told, kind, report.text),
        permanent=told.permanent if told else False,
        address=_other_address(told, to_address),
        reporting_mta=report.reporting_mta,
        diagnostic=told.diagnostic if told else "",
        understood=understood,
        text=report.text,
    )


def _reason(told: ReportedRecipient | None, kind: EvidenceKind, text: str) -> str:
    """A failure that names nobody has its reason from all of its words: for people, never permanent."""
    if told is not None:
        return told.reason.value
    return reason_for("", None, text).value if kind is EvidenceKind.FAILED else ""


def about_ours(recipients: Sequence[ReportedRecipient], to_address: str) -> ReportedRecipient | None:
    """What is said of the patient we wrote to; of several such, a failure before anything else."""
    ours = [one for one in recipients if same(to_address, one.address) or same(to_address, one.original)]
    if not ours and len({_comparable(one.original or one.address) for one in recipients}) == 1:
        ours = list(recipients)
    return min(ours, key=lambda one: one.action != "failed", default=None)


def same(ours: str, reported: str) -> bool:
    return bool(ours) and bool(reported) and _comparable(ours) == _comparable(reported)


def _comparable(address: str) -> str:
    """Without case, and with an international domain in its ASCII form."""
    local, at, domain = address.strip().casefold().rpartition("@")
    if not domain.isascii():
        with contextlib.suppress(UnicodeError):
            domain = domain.encode("idna").decode()
    return f"{local}{at}{domain}"


def _other_address(told: ReportedRecipient | None, to_address: str | None) -> str:
    if told is None or same(to_address or "", told.address):
        return ""
    return told.address


def _evidence_id(returned: Returned) -> str:
    """Kind and recipients are in it, since a few mail systems say them in the header only."""
    said = sorted((one.address, one.action, one.status) for one in returned.report.recipients)
    whole = hashlib.sha256(returned.digest)
    whole.update(repr((returned.signed.message_id, returned.report.kind.value, said)).encode(errors="replace"))
    return whole.hexdigest()
