# ruff: noqa: E501 - the rows are quotations
"""What mail servers really say, and the one reason each of it becomes."""

import pytest

from messaging.reasons import Reason, reason_for

R = Reason

# (status, code, words, reason). The words are the short fixed phrases of mail servers; names and addresses are ours.
SAID = [
    # no such mailbox
    ("5.1.1", 550, "550 5.1.1 The email account that you tried to reach does not exist.", R.NO_SUCH_MAILBOX),
    ("5.1.1", 550, "550 5.1.1 <ann@a.example>: Recipient address rejected: User unknown in virtual mailbox table", R.NO_SUCH_MAILBOX),
    ("5.1.2", 550, "550 5.1.2 <ann@a.example>: Recipient address rejected: Domain not found", R.NO_SUCH_DOMAIN),
    ("5.1.10", 550, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", R.NO_SUCH_MAILBOX),
    ("5.5.0", 550, "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", R.NO_SUCH_MAILBOX),
    ("", 550, "550 Requested action not taken: mailbox unavailable", R.NO_SUCH_MAILBOX),
    ("5.4.1", 550, "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", R.NO_SUCH_MAILBOX),
    ("5.4.1", 550, "550 5.4.1 All recipient addresses rejected : Access denied", R.NO_SUCH_MAILBOX),
    ("5.7.1", 550, "550 5.7.1 User unknown", R.NO_SUCH_MAILBOX),
    ("5.7.1", 554, "554 5.7.1 <ann@a.example>: Recipient address rejected: User unknown", R.NO_SUCH_MAILBOX),
    ("5.7.1", 554, "554 5.7.1 <ann@a.example>: Recipient address rejected: undeliverable address", R.NO_SUCH_MAILBOX),
    ("5.2.1", 550, "550 5.2.1 <ann@a.example>... User Unknown", R.NO_SUCH_MAILBOX),
    ("", 550, "550 No such user here", R.NO_SUCH_MAILBOX),
    ("", 511, "511 sorry, no mailbox here by that name (#5.1.1 - chkuser)", R.NO_SUCH_MAILBOX),
    ("", 554, "554 delivery error: dd This user doesn't have a yahoo.com account (ann@a.example) [0]", R.NO_SUCH_MAILBOX),
    ("", 552, "552 1 Requested mail action aborted, mailbox not found", R.NO_SUCH_MAILBOX),
    ("", 550, "550 Message was not accepted -- invalid mailbox. Local mailbox ann@a.example is unavailable: user not found", R.NO_SUCH_MAILBOX),
    ("", 554, "554 RCPT (ann@a.example) dosn't exist", R.NO_SUCH_MAILBOX),
    ("5.0.1", 550, "550 5.0.1 Recipient rejected", R.REFUSED_BY_RULES),
    ("", None, "User ann (ann@a.example) not listed in Domino Directory", R.NO_SUCH_MAILBOX),
    ("", None, "The recipient name is not recognized", R.NO_SUCH_MAILBOX),
    ("", None, "Unrouteable address", R.NO_SUCH_MAILBOX),
    ("5.5.0", 550, "550 5.5.0 Adresse destinataire invalide. Invalid recipient. LPN007_416", R.NO_SUCH_MAILBOX),
    ("", 550, "550 5.1.1 Benutzer unbekannt", R.NO_SUCH_MAILBOX),
    ("5.1.6", 551, "551 5.1.6 Recipient no longer here", R.NO_SUCH_MAILBOX),
    ("5.1.3", 501, "501 5.1.3 Bad recipient address syntax", R.NO_SUCH_MAILBOX),
    ("", 550, "550 #5.1.0 Address rejected.", R.REFUSED_BY_RULES),
    ("5.1.1", None, "", R.NO_SUCH_MAILBOX),
    ("", 550, "550 unknown user <ann@a.example>", R.NO_SUCH_MAILBOX),
    ("5.1.1", 550, "550 5.1.1 sorry, you are listed in our blacklist? no: user does not exist", R.OUR_MAIL_REFUSED),
    # no such domain
    ("5.1.2", None, "Sorry, I couldn't find any host named nosuch.example. (#5.1.2)", R.NO_SUCH_DOMAIN),
    ("5.4.4", None, "Host or domain name not found. Name service error for name=nosuch.example type=AAAA: Host not found", R.NO_SUCH_DOMAIN),
    ("", None, "DNS Error: 1234 DNS type 'mx' lookup of nosuch.example responded with code NXDOMAIN", R.NO_SUCH_DOMAIN),
    ("", None, "Unrouteable mail domain \"nosuch.example\"", R.NO_SUCH_DOMAIN),
    ("", None, "all relevant MX records point to non-existent hosts", R.NO_SUCH_DOMAIN),
    ("", None, "an MX or SRV record indicated no SMTP service", R.NO_SUCH_DOMAIN),
    ("5.1.10", 556, "Domain nosuch.example does not accept mail (nullMX)", R.NO_SUCH_DOMAIN),
    ("5.7.27", 550, "550 Host does not accept mail", R.NO_SUCH_DOMAIN),
    ("", 550, "550 ann@nosuch.example... Host unknown", R.NO_SUCH_DOMAIN),
    ("5.4.310", 550, "550 5.4.310 DNS domain nosuch.example does not exist", R.NO_SUCH_DOMAIN),
    ("", 521, "521 nosuch.example does not accept mail", R.NO_SUCH_DOMAIN),
    # mailbox full
    ("5.2.2", 552, "552 5.2.2 The email account that you tried to reach is over quota", R.MAILBOX_FULL),
    ("4.2.2", 452, "452 4.2.2 The recipient's inbox is out of storage space.", R.MAILBOX_FULL),
    ("", 554, "554 delivery error: dd Sorry, your message to ann@a.example cannot be delivered. This mailbox is over quota.", R.MAILBOX_FULL),
    ("5.2.2", 554, "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException", R.MAILBOX_FULL),
    ("", None, "mailbox is full: retry timeout exceeded", R.MAILBOX_FULL),
    ("5.1.1", 550, "550 5.1.1 <ann@a.example> mailbox full", R.MAILBOX_FULL),
    ("5.7.1", 550, "550 5.7.1 disk quota exceeded", R.MAILBOX_FULL),
    ("", 552, "552 Insufficient storage", R.MAILBOX_FULL),
    ("4.2.2", 452, "452 4.2.2 <ann@a.example>: Mailbox full", R.MAILBOX_FULL),
    ("4.2.2", 452, "452 4.2.2 Insufficient system storage", R.MAILBOX_FULL),
    ("5.2.2", 552, "552 5.2.2 Insufficient disk space", R.MAILBOX_FULL),
    ("4.2.2", 452, "", R.MAILBOX_FULL),
    ("4.3.1", 452, "452 4.3.1 Mailbox full, insufficient disk space", R.MAILBOX_FULL),
    ("", 452, "452 Recipient’s mailbox is full", R.MAILBOX_FULL),
    ("", None, "The number of messages in recipient's mailbox exceeded the local limit.", R.MAILBOX_FULL),
    ("5.2.2", None, "", R.MAILBOX_FULL),
    # closed
    ("5.2.1", 550, "550-5.2.1 The email account that you tried to reach is inactive.", R.MAILBOX_CLOSED),
    ("5.2.1", 550, "550 5.2.1 The email account that you tried to reach is disabled.", R.MAILBOX_CLOSED),
    ("", 554, "554 delivery error: dd Sorry your message to ann@a.example cannot be delivered. This account has been disabled or discontinued [#102].", R.MAILBOX_CLOSED),
    ("", 550, "550 Mailbox ann is locked", R.MAILBOX_CLOSED),
    ("5.2.1", 550, "550 5.2.1 mailbox disabled, not accepting messages", R.MAILBOX_CLOSED),
    ("5.2.1", None, "", R.MAILBOX_CLOSED),
    # our mail refused
    ("5.7.26", 550, "550-5.7.26 This mail has been blocked because the sender is unauthenticated.", R.OUR_MAIL_REFUSED),
    ("5.7.509", 550, "550 5.7.509 Access denied, sending domain [CLINIC.EXAMPLE] does not pass DMARC verification", R.OUR_MAIL_REFUSED),
    ("5.7.1", 550, "550 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", R.OUR_MAIL_REFUSED),
    ("5.7.606", 550, "550 5.7.606 Access denied, banned sending IP [192.0.2.1].", R.OUR_MAIL_REFUSED),
    ("5.1.8", 501, "501 5.1.8 Sender address rejected: Domain not found", R.OUR_MAIL_REFUSED),
    ("5.7.1", 550, "550 5.7.1 Relaying denied", R.OUR_MAIL_REFUSED),
    ("4.7.650", 451, "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.", R.OUR_MAIL_REFUSED),
    ("", 421, "421 smtp.provider.example Trop de connexions, Too many connections, slow down.", R.OUR_MAIL_REFUSED),
    ("4.7.1", 451, "451 4.7.1 Greylisted, please try again in 300 seconds", R.OUR_MAIL_REFUSED),
    ("5.1.1", 550, "550 5.1.1 <b@bounces.clinic.example>: unauthorized sender", R.OUR_MAIL_REFUSED),
    ("", 554, "554 IP=192.0.2.1 - None/bad reputation. Ask your postmaster for help", R.OUR_MAIL_REFUSED),
    ("5.7.1", 554, "554 5.7.1 [C14] Missing reverse DNS for 192.0.2.1", R.OUR_MAIL_REFUSED),
    ("", 550, "550 Unroutable sender address", R.OUR_MAIL_REFUSED),
    ("", 550, "550 SC-001 (COL004-MC1) Unfortunately, messages from 192.0.2.1 weren't sent.", R.OUR_MAIL_REFUSED),
    ("5.7.105", 554, "554 5.7.105 SenderFilterAgent; Sender denied as sender's email address is on SenderFilterConfig list", R.OUR_MAIL_REFUSED),
    ("4.7.0", 421, "421-4.7.0 Our system has detected an unusual rate of unsolicited mail originating from your IP address.", R.OUR_MAIL_REFUSED),
    ("", 553, "553 sorry, your envelope sender domain must exist (#5.7.1)", R.OUR_MAIL_REFUSED),
    ("", 550, "550 Unauthenticated senders not allowed", R.OUR_MAIL_REFUSED),
    ("5.7.25", 550, "550 5.7.25 The IP address sending this message does not have a PTR record setup", R.OUR_MAIL_REFUSED),
    ("5.0.0", 501, "Connected to 192.0.2.112 but my name was rejected. Remote host said: 501 5.0.0 Invalid domain name", R.OUR_MAIL_REFUSED),
    ("5.4.5", 550, "550 5.4.5 Daily user sending quota exceeded", R.OUR_MAIL_REFUSED),
    # refused by rules
    ("5.7.1", 550, "550 5.7.1 Message rejected by recipient's rules", R.REFUSED_BY_RULES),
    ("5.7.133", 550, "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed", R.REFUSED_BY_RULES),
    ("5.7.124", 550, "550 5.7.124 RESOLVER.RST.NotAuthorized; sender not in allowed-senders list", R.REFUSED_BY_RULES),
    ("5.7.1", 554, "554 5.7.1 <ann@a.example>: Recipient address rejected: Policy restrictions", R.REFUSED_BY_RULES),
    ("", 550, "550 Access denied", R.REFUSED_BY_RULES),
    ("5.7.1", None, "", R.REFUSED_BY_RULES),
    ("4.2.1", 450, "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages", R.REFUSED_BY_RULES),
    ("5.7.1", 554, "554 5.7.1 <ann@a.example>: Recipient address rejected: Access denied", R.REFUSED_BY_RULES),
    ("", 554, "554 <ann@a.example>: Recipient address rejected: Access denied", R.REFUSED_BY_RULES),
    ("4.7.1", 454, "454 4.7.1 <ann@a.example>: Recipient address rejected: Access denied", R.REFUSED_BY_RULES),
    ("5.7.1", 554, "554 5.7.1 <ann@a.example>: Recipient address rejected: address not allowed", R.REFUSED_BY_RULES),
    ("5.7.1", 554, "554 5.7.1 <ann@a.example>: Recipient address rejected: user takes no mail from you", R.REFUSED_BY_RULES),
    # content
    ("5.7.1", 550, "550 5.7.1 Rejected by spam filter", R.CONTENT_REFUSED),
    ("5.7.1", 550, "550 5.7.1 Message contains spam or virus. (110)", R.CONTENT_REFUSED),
    ("", 554, "554 Message rejected, policy (3.2.1.1) - Your message looks like SPAM or has been reported as SPAM", R.CONTENT_REFUSED),
    ("5.7.7", 554, "554 5.7.7 too many equal X-headers (X-Original-Authentication-Results:)", R.CONTENT_REFUSED),
    ("5.7.0", 552, "552-5.7.0 This message was blocked because its content presents a potential security issue.", R.CONTENT_REFUSED),
    ("5.6.0", None, "", R.CONTENT_REFUSED),
    # too big
    ("5.3.4", 552, "552 5.3.4 Message size exceeds fixed limit", R.TOO_BIG),
    ("5.2.3", 552, "552 5.2.3 Message length exceeds administrative limit", R.TOO_BIG),
    ("", None, "Mail size limit exceeded.", R.TOO_BIG),
    ("", 552, "552 Message is too large for this mailbox", R.TOO_BIG),
    # in time
    ("4.4.7", None, "delivery time expired", R.NOT_REACHED_IN_TIME),
    ("", None, "connect to mx.a.example[192.0.2.9]:25: Connection timed out", R.NOT_REACHED_IN_TIME),
    ("", None, "retry timeout exceeded", R.NOT_REACHED_IN_TIME),
    ("", None, "Envelope expired", R.NOT_REACHED_IN_TIME),
    ("4.4.1", None, "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1) this message has been in the queue too long.", R.NOT_REACHED_IN_TIME),
    ("", None, "lost connection with mx.a.example[192.0.2.9] while receiving the initial server greeting", R.NOT_REACHED_IN_TIME),
    ("", None, "Name service error for domain a.example: Host not found, try again", R.NOT_REACHED_IN_TIME),
    ("5.4.1", None, "", R.NOT_REACHED_IN_TIME),
    ("", 421, "421 Service not available, closing transmission channel", R.NOT_REACHED_IN_TIME),
    ("4.3.1", 452, "452 4.3.1 Insufficient system resources", R.NOT_REACHED_IN_TIME),
    ("4.3.1", 452, "452 4.3.1 Insufficient system storage", R.NOT_REACHED_IN_TIME),
    ("4.3.1", 452, "452 4.3.1 Out of disk space", R.NOT_REACHED_IN_TIME),
    ("4.3.1", 452, "", R.NOT_REACHED_IN_TIME),
    ("5.3.1", None, "Mail system full", R.NOT_REACHED_IN_TIME),
    ("4.3.0", 451, "451 4.3.0 write failed: No space left on device", R.NOT_REACHED_IN_TIME),
    ("4.4.5", 452, "452 4.4.5 Insufficient disk space; try again later", R.NOT_REACHED_IN_TIME),
    ("", 452, "452 Insufficient system storage", R.NOT_REACHED_IN_TIME),
    ("", 452, "", R.NOT_REACHED_IN_TIME),
    ("4.3.2", 421, "421 4.3.2 System not accepting network messages", R.NOT_REACHED_IN_TIME),
    # loop
    ("5.4.6", 554, "554 5.4.6 Too many hops", R.LOOP),
    ("5.4.14", 554, "554 5.4.14 Hop count exceeded - possible mail loop ATTR34", R.LOOP),
    ("", None, "mail for a.example loops back to myself", R.LOOP),
    # nothing to go by
    ("5.0.0", 550, "", R.UNKNOWN),
    ("5.3.0", None, "x-unix; unknown mailer error 1", R.UNKNOWN),
    ("", None, "", R.UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("status", "code", "words", "reason"), SAID, ids=[f"{row[0]}-{row[2][:40]}" for row in SAID])
def test_it_gives_one_reason(status: str, code: int | None, words: str, reason: Reason) -> None:
    assert reason_for(status, code, words) is reason


@pytest.mark.parametrize("status", ["5.7.1", "4.7.1", "5.3.1", "4.3.1", ""])
def test_a_policy_or_a_full_disk_of_theirs_never_says_that_the_address_is_wrong(status: str) -> None:
    for words in ("<ann@a.example>: Recipient address rejected: Access denied", "Insufficient system storage"):
        assert not reason_for(status, None, words).address_is_wrong


def test_a_refusal_of_our_own_mail_never_says_that_the_address_is_wrong() -> None:
    assert not Reason.OUR_MAIL_REFUSED.address_is_wrong


def test_every_reason_has_plain_words_and_a_next_step() -> None:
    for reason in Reason:
        assert reason.sentence.endswith(".")
        assert reason.next_step.endswith(".")
        assert 0 < len(reason.label) <= 40
        assert len(reason.value) <= 32
        assert not any(word in reason.sentence.lower() for word in ("bounce", "dsn", "smtp", "recipient"))


def test_only_reasons_about_the_address_ask_for_another() -> None:
    wrong = {reason for reason in Reason if reason.address_is_wrong}
    assert wrong == {Reason.NO_SUCH_MAILBOX, Reason.NO_SUCH_DOMAIN, Reason.MAILBOX_CLOSED}
    assert all("Ask the patient" in reason.next_step or "ask the patient" in reason.next_step for reason in wrong)


def test_words_in_an_address_or_a_link_are_not_read() -> None:
    words = "550 5.1.1 <spamhaus.blocked@full.example>: see https://spamhaus.example/quota-exceeded"
    assert reason_for("5.1.1", 550, words) is Reason.NO_SUCH_MAILBOX


def test_only_the_beginning_of_a_long_diagnostic_is_read() -> None:
    assert reason_for("", None, "x " * 2_000 + "user unknown") is Reason.UNKNOWN
