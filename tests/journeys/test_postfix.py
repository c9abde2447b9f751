"""Through a real smart host: what Postfix reports ends with the right patient, and what it refuses waits safely."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from messaging import batches, delivery, failures, holds, suppressions
from messaging.db import db
from messaging.models import Batch, BatchStatus, DeliveryReceipt, EvidenceKind, Message, MessageStatus, Source
from messaging.reasons import Reason
from messaging.return_path import return_paths
from tests.journeys.through_postfix import PATIENTS, RETURNS, SCRIPT, UNKNOWN_DOMAIN, Practice, practice_behind_postfix
from tests.servers import database, postgres, valkey, wait_until

pytestmark = [pytest.mark.xdist_group("postfix"), pytest.mark.timeout(400)]
DELAYED, FAILED = EvidenceKind.DELAYED, EvidenceKind.FAILED
BULK_IS_OFF = "Bulk mail is switched off for this account"


@dataclass(frozen=True)
class Fate:
    """Of one kind of patient: what we hear of them in turn, and if it ends badly, why and in whose words."""

    patients: int
    heard: tuple[tuple[EvidenceKind, str], ...] = ()
    reason: Reason | None = None
    words: str = ""
    domain: str = PATIENTS

    @property
    def is_taken(self) -> bool:
        """Postfix itself refuses to take mail for a domain that does not exist; of all others it reports."""
        return self.domain == PATIENTS


FATES = {
    "welcome": Fate(33),
    "later": Fate(5),
    "nobody": Fate(6, ((FAILED, "5.1.1"),), Reason.NO_SUCH_MAILBOX, "User unknown in virtual mailbox table"),
    "refused": Fate(3, ((FAILED, "5.7.1"),), Reason.REFUSED_BY_RULES, "refused by the rules of this recipient"),
    "distrusted": Fate(2, ((FAILED, "5.7.26"),), Reason.OUR_MAIL_REFUSED, "Unauthenticated email from this sender"),
    "nowhere": Fate(2, ((FAILED, "5.4.4"),), Reason.NO_SUCH_DOMAIN, "Name service error", UNKNOWN_DOMAIN),
    "full": Fate(5, ((DELAYED, "4.2.2"), (FAILED, "4.2.2")), Reason.MAILBOX_FULL, "The mailbox is over its quota"),
    "away": Fate(4, ((DELAYED, "4.3.2"),)),
}
FATE_OF = {f"{kind}.{number}@{fate.domain}": fate for kind, fate in FATES.items() for number in range(fate.patients)}
FATE_OF_A_FEW = {address: fate for address, fate in FATE_OF.items() if address.startswith("welcome.1")}


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    folder = tmp_path_factory.mktemp("postfix")
    url = f"sqlite:///{folder / 'postround.db'}"
    with valkey() as redis_url, practice_behind_postfix(folder, url, redis_url) as practice:
        yield practice


@pytest.fixture
def on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    folder = tmp_path_factory.mktemp("postfix")
    with (
        postgres() as server,
        database(server) as url,
        valkey() as redis_url,
        practice_behind_postfix(folder, url, redis_url) as practice,
    ):
        yield practice


@pytest.mark.parametrize("where", ["on_sqlite", "on_postgres"])
def test_every_patient_ends_as_the_reports_of_a_real_mta_say(where: str, request: pytest.FixtureRequest) -> None:
    practice: Practice = request.getfixturevalue(where)
    batch_id = practice.send(FATE_OF)
    first = {address: list(fate.heard[:1]) for address, fate in FATE_OF.items()}
    practice.wait_for(batch_id, lambda batch: _heard(batch) == first, "the first that is heard of everyone")
    practice.wait_for(batch_id, lambda batch: batch.status is BatchStatus.DONE, "a batch that is done")
    failed_at_once = {address for address, heard in first.items() if heard and heard[0][0] is FAILED}
    assert practice.ask(batch_id, _failed) == failed_at_once, "a delay is shown, and fails nobody"

    practice.world.comes_back()
    wait_until(lambda: practice.mta.waiting() == FATES["full"].patients, what="a queue of those who take nothing")
    practice.mta.configure(maximal_queue_lifetime="1s", bounce_queue_lifetime="1s")
    heard = {address: list(fate.heard) for address, fate in FATE_OF.items()}
    practice.wait_for(batch_id, lambda batch: _heard(batch) == heard, "all that is heard of everyone")
    wait_until(lambda: practice.mta.waiting() == 0, what="an empty queue")

    practice.ask(batch_id, _assert_all_ended_as_they_should)
    practice.ask(batch_id, _assert_the_evidence_names_our_message_and_patient)
    practice.ask(batch_id, _assert_only_wrong_addresses_are_suppressed)
    _assert_each_was_alone_in_an_envelope(practice, batch_id)


def test_a_smart_host_that_is_down_is_waited_for(on_sqlite: Practice) -> None:
    practice = on_sqlite
    practice.world.accepted.clear()
    practice.mta.stop()
    batch_id = practice.send(FATE_OF_A_FEW)
    practice.wait_for(batch_id, lambda batch: batch.waiting_since, "a batch that waits for its smart host")
    assert practice.ask(batch_id, lambda batch: batch.waiting_because)
    assert not practice.ask(batch_id, lambda batch: batch.is_held)
    waiting = batches.Figures(waiting=len(FATE_OF_A_FEW))
    wait_until(lambda: practice.figures(batch_id) == waiting, what="the last of them given back")

    practice.mta.start()
    practice.ask(batch_id, lambda _: delivery.sweep())  # as the schedule does every half minute
    _assert_all_got_it_once(practice, batch_id)
    assert not practice.ask(batch_id, lambda batch: batch.waiting_since)


def test_a_smart_host_that_refuses_our_sender_holds_the_batch_until_someone_tries_again(on_sqlite: Practice) -> None:
    practice = on_sqlite
    practice.world.accepted.clear()
    refusal = f"check_sender_access inline:{{ {{ {RETURNS} = 554 5.7.1 {BULK_IS_OFF} }} }}"
    practice.mta.configure(smtpd_sender_restrictions=refusal)
    batch_id = practice.send(FATE_OF_A_FEW)
    _assert_it_is_held_and_nobody_failed(practice, batch_id)
    assert practice.ask(batch_id, lambda batch: holds.release(batch, SCRIPT)), "trying again too early is safe"
    _assert_it_is_held_and_nobody_failed(practice, batch_id)

    practice.mta.configure(smtpd_sender_restrictions="")
    assert practice.ask(batch_id, lambda batch: holds.release(batch, SCRIPT))
    assert not practice.ask(batch_id, lambda batch: holds.release(batch, SCRIPT)), "it is not held any more"
    _assert_all_got_it_once(practice, batch_id)


def _assert_it_is_held_and_nobody_failed(practice: Practice, batch_id: int) -> None:
    practice.wait_for(batch_id, lambda batch: batch.is_held, "a batch that is held")
    assert BULK_IS_OFF in practice.ask(batch_id, lambda batch: batch.held_because)
    held = batches.Figures(waiting=len(FATE_OF_A_FEW))
    wait_until(lambda: practice.figures(batch_id) == held, what="the last of them given back")


def _messages(batch: Batch) -> list[Message]:
    return list(db.session.scalars(select(Message).where(Message.batch_id == batch.id)))


def _evidence(batch: Batch) -> list[tuple[Message, DeliveryReceipt]]:
    """In the order in which they came."""
    query = select(Message, DeliveryReceipt).join(DeliveryReceipt, DeliveryReceipt.message_id == Message.id)
    rows = db.session.execute(query.where(Message.batch_id == batch.id).order_by(DeliveryReceipt.id))
    return [(message, receipt) for message, receipt in rows]


def _heard(batch: Batch) -> dict[str, list[tuple[EvidenceKind, str]]]:
    """Of each patient, in turn."""
    heard: dict[str, list[tuple[EvidenceKind, str]]] = {message.to_address: [] for message in _messages(batch)}
    for message, receipt in _evidence(batch):
        heard[message.to_address].append((receipt.kind, receipt.status))
    return heard


def _failed(batch: Batch) -> set[str]:
    return {message.to_address for message in _messages(batch) if message.status is MessageStatus.FAILED}


def _assert_all_ended_as_they_should(batch: Batch) -> None:
    assert _heard(batch) == {address: list(fate.heard) for address, fate in FATE_OF.items()}
    listed = failures.listed(batch, failures.Wanted(), offset=0, limit=100)
    reasons = {failure.recipient.email: failure.reason for failure in listed}
    assert reasons == {address: fate.reason for address, fate in FATE_OF.items() if fate.reason}
    for failure in listed:
        assert FATE_OF[failure.recipient.email].words in failure.diagnostic
    handed_over = len(FATE_OF) - len(reasons)
    assert batches.figures(batch) == batches.Figures(handed_over=handed_over, failed=len(reasons))


def _assert_the_evidence_names_our_message_and_patient(batch: Batch) -> None:
    for message, receipt in _evidence(batch):
        assert receipt.applied is (receipt.kind is FAILED)
        if receipt.source is Source.SMTP:
            assert not FATE_OF[message.to_address].is_taken
            continue
        text = receipt.text or ""
        envelope_id = return_paths().address_for(message.id, message.created_at.date()).partition("@")[0]
        assert f"Original-Envelope-Id: {envelope_id}\n" in text
        assert f"Original-Recipient: rfc822;{message.to_address}\n" in text
        assert receipt.address == "", "it names the patient we wrote to, and nobody else"
        assert (receipt.via, receipt.reporting_mta, receipt.understood) == ("smtp", "smarthost.example", True)
        assert "flu jab" not in text, "nothing of the message came back"


def _assert_only_wrong_addresses_are_suppressed(batch: Batch) -> None:
    suppressed = suppressions.among(batch.organisation_id, FATE_OF)
    assert set(suppressed) == {
        address for address, fate in FATE_OF.items() if fate.reason and fate.reason.address_is_wrong
    }


def _assert_each_was_alone_in_an_envelope(practice: Practice, batch_id: int) -> None:
    def return_path_of(message: Message) -> str:
        return return_paths().address_for(message.id, message.created_at.date())

    paths = practice.ask(batch_id, lambda batch: {m.to_address: return_path_of(m) for m in _messages(batch)})
    taken = dict(re.findall(r"from=<(r-\S+)>, size=\d+, nrcpt=(\d+) ", practice.mta.log()))
    assert taken == {path: "1" for address, path in paths.items() if FATE_OF[address].is_taken}
    accepted = [(envelope.mail_from, envelope.rcpt_tos) for envelope in practice.world.accepted]
    expected = [(paths[address], [address]) for address, fate in FATE_OF.items() if not fate.reason]
    assert sorted(accepted) == sorted(expected)


def _assert_all_got_it_once(practice: Practice, batch_id: int) -> None:
    practice.wait_for(batch_id, lambda batch: batch.status is BatchStatus.DONE, "a batch that is done")
    assert practice.figures(batch_id) == batches.Figures(handed_over=len(FATE_OF_A_FEW))
    wait_until(lambda: practice.mta.waiting() == 0, what="an empty queue")
    assert Counter(practice.world.patients) == Counter(FATE_OF_A_FEW.keys())
