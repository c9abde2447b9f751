"""From what a reader found to what is reported: codes, reason, permanence, one entry for each address."""

from __future__ import annotations

from collections.abc import Iterable

from bounce_listener.readers import codes
from bounce_listener.readers.verdict import Finding, ReportedRecipient
from messaging.reasons import Reason, reason_for

MAX_RECIPIENTS = 1_000
READ_IN_ALL = 40_000  # characters of diagnostics of one report: many recipients get less each
_GOOD_ACTIONS = ("delivered", "relayed", "expanded")


def recipients(found: Iterable[Finding], words: str) -> tuple[ReportedRecipient, ...]:
    """Each address once: a failure wins over a delay, a delay over a delivery. `words` helps a lonely recipient."""
    findings = list(found)[: 2 * MAX_RECIPIENTS]
    share = min(2_000, max(160, READ_IN_ALL // max(1, len(findings))))
    best: dict[str, ReportedRecipient] = {}
    for finding in findings:
        told = _judged(finding, words[:4_000] if len(findings) == 1 else "", share)
        key = (told.original or told.address).lower()
        if key not in best or _rank(told) > _rank(best[key]):
            best[key] = told
        if len(best) >= MAX_RECIPIENTS:
            break
    return tuple(best.values())


def _rank(told: ReportedRecipient) -> int:
    return {"failed": 3, "delayed": 2}.get(told.action, 1)


def _judged(finding: Finding, words: str, share: int) -> ReportedRecipient:
    said = finding.diagnostic[:share]
    status, code = finding.status, codes.code_in(said)
    inner = codes.status_in(said)
    if inner and _is_vague(status) and (not status or inner[0] == status[0]):
        status = inner
    if not status and code is None and words:
        said = f"{said}\n{words}"
        status, code = codes.status_in(words), codes.code_in(words)
    elif not status and words and code is not None:
        status = _same_class(codes.status_in(words), code)
    if finding.action in _GOOD_ACTIONS:
        return ReportedRecipient(
            finding.address,
            finding.original,
            finding.action,
            status,
            False,
            finding.diagnostic,
            code,
            Reason.UNKNOWN,
            False,
        )
    reason = reason_for(status, code, said)
    permanent = _permanent(finding.action, status, code, reason)
    return ReportedRecipient(
        address=finding.address,
        original=finding.original,
        action=finding.action or "failed",
        status=status,
        permanent=permanent,
        diagnostic=finding.diagnostic[:2_000],
        code=code,
        reason=reason,
        hard=reason.address_is_wrong and finding.action != "delayed",
    )


def _is_vague(status: str) -> bool:
    return status in ("", "5.0.0", "4.0.0")


def _same_class(status: str, code: int) -> str:
    return status if status[:1] == str(code)[0] else ""


def _permanent(action: str, status: str, code: int | None, reason: Reason) -> bool:
    if action == "delayed":
        return False
    if status:
        return status[0] == "5"
    if code is not None:
        return code >= 500
    return reason is not Reason.NOT_REACHED_IN_TIME
