"""A test of a batch's words to the person who wrote them: the real rendering for a patient, marked as a test.

It goes to nobody else, leaves no row, and what comes back about it is ignored: its return path is that of message 0.
"""

import logging
import time

from messaging.answers import Verdict, judge
from messaging.db import db, utcnow
from messaging.email_message import EmailTemplate, values_of
from messaging.gateways.base import Parcel
from messaging.models import Batch, Recipient, User
from messaging.return_path import return_paths
from messaging.sender import Sender, sender

TEST_MESSAGE = 0
TRIES = 3
SECONDS = 60.0

log = logging.getLogger(__name__)


def send(batch_id: int, user_id: int, recipient_id: int) -> bool:
    """False when it could not be sent; the person sees it by the test not coming, and can press again."""
    parcel = _parcel(batch_id, user_id, recipient_id)
    db.session.remove()  # nothing of the database is held while the network is waited for
    if parcel is None:
        return False
    with sender().round():
        sent = any(_try(sender(), parcel) for _ in range(TRIES))
    log.info("test message batch=%d user=%d sent=%s", batch_id, user_id, sent)
    return sent


def _parcel(batch_id: int, user_id: int, recipient_id: int) -> Parcel | None:
    batch, user = db.session.get(Batch, batch_id), db.session.get(User, user_id)
    patient = db.session.get(Recipient, recipient_id)
    if batch is None or user is None or patient is None or patient.batch_id != batch.id:
        return None
    if user.organisation_id != batch.organisation_id:
        return None
    now = utcnow()
    template = EmailTemplate(batch.organisation, batch.subject, batch.body, is_test=True)
    content = template.as_bytes(
        values_of(patient), to=user.email, message_id=TEST_MESSAGE, issued=now.date(), unique=now.isoformat()
    )
    return Parcel(TEST_MESSAGE, return_paths().address_for(TEST_MESSAGE, now.date()), user.email, content)


def _try(by: Sender, parcel: Parcel) -> bool:
    gateway = by.gateway
    deadline = time.monotonic() + SECONDS
    while not gateway.ready:
        if gateway.failures or by.stopping.is_set() or time.monotonic() > deadline:
            gateway.failures.clear()
            return False
        gateway.grow(by.pace.share(gateway.open, max(1, gateway.open)))  # its turn comes, though a batch may be busy
        gateway.wait(0.2)
    gateway.start(parcel)
    while not (outcomes := gateway.wait(0.5)):
        if by.stopping.is_set():
            return False
    gateway.failures.clear()
    return judge(outcomes[0]).verdict is Verdict.SENT
