"""Of whom a server speaks when it says no: a table, read aloud."""

import random
from datetime import timedelta

import pytest

from messaging.answers import Judgement, Verdict, judge, refuses_us
from messaging.db import utcnow
from messaging.gateways.base import Answer, End, Outcome, Parcel, Stage
from messaging.reasons import Reason
from messaging.retries import GIVE_UP_AFTER, LONGEST_WAIT, is_over, wait_after
from messaging.standing import Standing

PARCEL = Parcel(1, "r@x", "a@y", b"")
S, V = Stage, Verdict


def judged(stage: Stage, words: str, end: End = End.REFUSED) -> Judgement:
    code, _, text = words.partition(" ")
    return judge(Outcome(PARCEL, end, Answer(stage, int(code), text)))


@pytest.mark.parametrize(
    ("stage", "words", "verdict"),
    [
        (S.MAIL, "550 5.7.1 you may not send from there", V.OURS),
        (S.MAIL, "530 5.7.0 must issue a STARTTLS command first", V.OURS),
        (S.MAIL, "452 4.3.1 insufficient system storage", V.BACK),
        (S.MAIL, "421 4.7.0 too many messages from you", V.OURS),
        (S.MAIL, "421 4.3.2 closing down", V.BACK),
        (S.RCPT, "550 5.1.1 no such user", V.FAILED),
        (S.RCPT, "550 5.2.1 mailbox disabled", V.FAILED),
        (S.RCPT, "450 4.2.1 try again", V.LATER),
        (S.RCPT, "452 4.2.2 mailbox over quota", V.LATER),
        (S.RCPT, "421 4.3.2 too busy", V.LATER),
        (S.RCPT, "450 4.7.1 <a@y>: Recipient address rejected: Greylisted", V.LATER),
        (S.CONTENT, "451 4.7.1 greylisting in action", V.LATER),
        (S.RCPT, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", V.OURS),
        (S.RCPT, "554 5.7.1 relay access denied", V.OURS),
        (S.RCPT, "503 5.5.1 MAIL first", V.OURS),
        (S.CONTENT, "552 5.3.4 message too big", V.FAILED),
        (S.CONTENT, "550 5.7.26 unauthenticated email", V.OURS),
        (S.CONTENT, "454 4.7.0 Throttling failure: Daily message quota exceeded", V.OURS),
        (S.CONTENT, "451 4.3.0 temporary failure", V.LATER),
    ],
)
def test_the_stage_and_the_words_say_whom_it_is_about(stage: Stage, words: str, verdict: Verdict) -> None:
    assert judged(stage, words).verdict is verdict


def test_an_accepted_message_is_sent_whatever_the_words() -> None:
    assert judged(S.CONTENT, "250 2.0.0 550 5.1.1 lol", End.ACCEPTED).verdict is V.SENT


@pytest.mark.parametrize(
    ("answer", "ours"),
    [
        (Answer(S.AUTH, 535, "5.7.8 wrong password"), True),
        (Answer(S.AUTH, 454, "4.7.0 temporary authentication failure"), False),
        (Answer(S.TLS, None, "its certificate could not be checked (expired)"), True),
        (Answer(S.CONNECT, 554, "5.7.1 your address is on a block list"), True),
        (Answer(S.CONNECT, 421, "4.3.2 too many connections"), False),
        (Answer(S.CONNECT, None, "nobody answers there (connection refused)"), False),
    ],
)
def test_a_connection_is_refused_because_of_us_or_nobody_is_there(answer: Answer, ours: bool) -> None:
    assert refuses_us(answer) is ours


def test_waits_grow_from_a_minute_to_four_hours_with_jitter() -> None:
    random.seed(7)
    for attempts in range(1, 40):
        plain = min(timedelta(minutes=2.0 ** (attempts - 1)), LONGEST_WAIT)
        assert plain <= wait_after(attempts) <= plain * 1.25
    assert len({wait_after(3) for _ in range(20)}) > 10


def test_two_days_are_over_after_two_days() -> None:
    now = utcnow()
    assert not is_over(None, now)
    assert not is_over(now - GIVE_UP_AFTER + timedelta(seconds=1), now)
    assert is_over(now - GIVE_UP_AFTER, now)


def ours(standing: Standing, *, again: bool = False) -> Judgement:
    answer = Answer(S.CONTENT, 550, "5.7.26 unauthenticated")
    return standing.heard(Judgement(V.OURS, Reason.OUR_MAIL_REFUSED, True), answer, again)


def sent(standing: Standing) -> None:
    standing.heard(Judgement(V.SENT), Answer(S.CONTENT, 250, "ok"), False)


def test_three_refusals_of_us_in_a_row_hold_and_an_acceptance_between_starts_anew() -> None:
    standing = Standing()
    ours(standing)
    ours(standing)
    sent(standing)
    ours(standing)
    ours(standing)
    assert not standing.hold_because
    ours(standing)
    assert standing.hold_because == "550 5.7.26 unauthenticated"


def test_a_second_refusal_fails_a_patient_only_while_others_are_accepted() -> None:
    now = [0.0]
    standing = Standing(clock=lambda: now[0])
    sent(standing)
    assert ours(standing, again=True).verdict is V.FAILED
    now[0] = 3600.0
    standing.begin_round()
    assert ours(standing, again=True).verdict is V.OURS
    assert standing.hold_because


def test_after_trouble_one_connection_proves_itself_first() -> None:
    standing = Standing()
    assert not standing.is_proven
    sent(standing)
    assert standing.is_proven
    standing.had_setback(Answer(S.CONNECT, None, "nobody answers there"))
    assert (standing.is_proven, standing.setbacks) == (False, 1)
    sent(standing)
    assert (standing.is_proven, standing.setbacks, standing.trouble) == (True, 0, None)
