"""What a piece of evidence says, in words for a practice manager. Only a failure reads as one."""

from messaging.failures import reason_of
from messaging.models import DeliveryReceipt, EvidenceKind, Source

SAID = {
    EvidenceKind.DELAYED: (
        "Delayed",
        "Their mail system has not passed the message on yet and is still trying. This is not a failure.",
    ),
    EvidenceKind.DELIVERED: (
        "Passed on",
        "A mail system says that it passed the message on. Email is never counted as Delivered, because mail systems "
        "do not confirm it reliably.",
    ),
    EvidenceKind.AUTOREPLY: (
        "Automatic reply",
        "The mailbox answered by itself, for example because somebody is away. This is not a failure.",
    ),
    EvidenceKind.CHALLENGE: (
        "Asks who you are",
        "Their mail system wants the sender to confirm first, and may hold the message until then. "
        "This is not a failure, but the patient may not see the message.",
    ),
    EvidenceKind.COMPLAINT: (
        "Marked as unwanted",
        "The patient, or their mail program, reported the message as unwanted. "
        "Think about contacting this patient another way.",
    ),
    EvidenceKind.OTHER: ("Mail came back", "Something was sent back about this message. It changes nothing."),
}


def in_words(receipt: DeliveryReceipt) -> tuple[str, str]:
    """A heading and a text."""
    if not receipt.understood:
        return (
            "Report not understood",
            "Mail about this message came back, and we could not tell what it says. It changes nothing.",
        )
    if receipt.kind is not EvidenceKind.FAILED:
        return SAID[receipt.kind]
    reason = reason_of(receipt.reason)
    if receipt.applied:
        heading = "Failed to Deliver" if receipt.source is Source.SMTP else "Non-delivery report: Failed to Deliver"
        return heading, f"{reason.sentence} {reason.next_step}"
    return (
        "Non-delivery report",
        f"{reason.sentence} It changes no figure: it came too late to count, or the message had failed already.",
    )
