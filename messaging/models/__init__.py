"""The nouns of the system, one file each."""

from messaging.models.accounts import Organisation, Role, User, WhenInDoubt
from messaging.models.audit_entry import AuditEntry
from messaging.models.batch import Batch, BatchStatus
from messaging.models.concern import Concern, ConcernKind
from messaging.models.delivery_receipt import DeliveryReceipt, EvidenceKind, Source
from messaging.models.heartbeat import Heartbeat
from messaging.models.message import Channel, Message, MessageStatus
from messaging.models.recipient import Recipient, RecipientStatus
from messaging.models.refused_row import RefusedRow
from messaging.models.suppression import Suppression

__all__ = [
    "AuditEntry",
    "Batch",
    "BatchStatus",
    "Channel",
    "Concern",
    "ConcernKind",
    "DeliveryReceipt",
    "EvidenceKind",
    "Heartbeat",
    "Message",
    "MessageStatus",
    "Organisation",
    "Recipient",
    "RecipientStatus",
    "RefusedRow",
    "Role",
    "Source",
    "Suppression",
    "User",
    "WhenInDoubt",
]
