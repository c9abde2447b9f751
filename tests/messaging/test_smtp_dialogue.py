"""The SMTP side without sockets: bytes in, bytes out, and what they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.gateways.base import End, Outcome, Parcel, Stage
from messaging.gateways.smtp_dialogue import LONGEST_REPLY, Dialogue, NotAReply, address, dotted, xtext

PARCEL = Parcel(7, "r-abc@returns.example", "ann@patients.example", b"Subject: x\r\n\r\nhello\r\n")
NEXT = Parcel(8, "r-def@returns.example", "bob@patients.example", b"Subject: y\r\n\r\ngood day\r\n")
ALL = ("pipelining", "dsn")
LET_IN = b"250 ok\r\n250 ok\r\n354 go\r\n"


def started(dialogue: Dialogue, parcel: Parcel = PARCEL) -> Dialogue:
    """Its envelope is sent, and its content may follow."""
    dialogue.begin(parcel)
    dialogue.release()
    return dialogue


def followed() -> Dialogue:
    """The content of PARCEL is sent, and the envelope of NEXT."""
    dialogue = started(Dialogue(ALL))
    dialogue.feed(LET_IN)
    dialogue.begin(NEXT)
    return dialogue


def ends(outcomes: list[Outcome]) -> list[tuple[int, End]]:
    return [(outcome.parcel.message_id, outcome.end) for outcome in outcomes]


def test_with_pipelining_the_envelope_goes_in_one_write() -> None:
    out = Dialogue(ALL).begin(PARCEL)
    assert out.split(b"\r\n") == [
        b"MAIL FROM:<r-abc@returns.example> RET=HDRS ENVID=r-abc",
        b"RCPT TO:<ann@patients.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;ann@patients.example",
        b"DATA",
        b"",
    ]


def test_without_it_each_command_waits_for_its_answer() -> None:
    dialogue = Dialogue(())
    said = [dialogue.begin(PARCEL)]
    assert dialogue.release() == b""
    for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        said.append(dialogue.feed(reply)[0])
    assert said == [
        b"MAIL FROM:<r-abc@returns.example>\r\n",
        b"RCPT TO:<ann@patients.example>\r\n",
        b"DATA\r\n",
        PARCEL.content + b".\r\n",
    ]
    assert not dialogue.can_follow
    _, (outcome,) = dialogue.feed(b"250 2.0.0 Ok: queued\r\n")
    assert (outcome.end, outcome.answer.words, dialogue.is_idle) == (End.ACCEPTED, "250 2.0.0 Ok: queued", True)


@given(st.lists(st.integers(1, 9), max_size=30))
def test_replies_may_come_in_any_pieces(cuts: list[int]) -> None:
    dialogue = started(Dialogue(ALL))
    stream = b"250-2.1.0 ok\r\n250 go on\r\n250 2.1.5 ok\r\n354 go\r\n250 2.0.0 done\r\n"
    outcomes: list[Outcome] = []
    for size in [*cuts, len(stream)]:
        piece, stream = stream[:size], stream[size:]
        outcomes += dialogue.feed(piece)[1]
    assert ends(outcomes) == [(7, End.ACCEPTED)]


def test_after_a_refused_recipient_it_resets_before_the_next() -> None:
    dialogue = started(Dialogue(ALL))
    _, (outcome,) = dialogue.feed(b"250 ok\r\n550 5.1.1 no such user\r\n503 5.5.1 nobody\r\n")
    assert (outcome.end, outcome.answer.stage, outcome.answer.status) == (End.REFUSED, Stage.RCPT, "5.1.1")
    assert dialogue.begin(PARCEL).startswith(b"RSET\r\nMAIL FROM:")
    dialogue.release()
    assert dialogue.feed(b"250 reset\r\n" + LET_IN) == (PARCEL.content + b".\r\n", [])


def test_when_data_is_let_in_without_a_recipient_nothing_of_the_message_is_sent() -> None:
    dialogue = started(Dialogue(ALL))
    assert dialogue.feed(b"250 ok\r\n550 5.1.1 no\r\n354 go\r\n") == (b".\r\n", [])
    assert not dialogue.has_sent_content
    _, (outcome,) = dialogue.feed(b"250 accepted an empty message\r\n")
    assert (outcome.end, outcome.answer.stage) == (End.REFUSED, Stage.RCPT)


@pytest.mark.parametrize(
    ("heard", "all_sent", "end"),
    [
        (b"", True, End.RETURNED),
        (b"250 ok\r\n250 ok\r\n", True, End.RETURNED),
        (b"250 ok\r\n250 ok\r\n354 go\r\n", False, End.RETURNED),  # part of the message is not with them: no dot
        (b"250 ok\r\n250 ok\r\n354 go\r\n", True, End.UNCERTAIN),
        (b"250 ok\r\n550 5.1.1 no\r\n", True, End.REFUSED),
    ],
)
def test_what_a_lost_connection_means_depends_on_how_far_it_came(heard: bytes, all_sent: bool, end: End) -> None:
    dialogue = started(Dialogue(ALL))
    dialogue.feed(heard)
    (outcome,) = dialogue.give_up("it closed the connection", all_sent=all_sent)
    assert outcome.end is end
    assert dialogue.must_close


@pytest.mark.parametrize("before", [b"", b"250 ok\r\n", b"250 ok\r\n250 ok\r\n", b"250 ok\r\n250 ok\r\n354 go\r\n"])
def test_421_is_a_no_at_any_time_and_ends_the_connection(before: bytes) -> None:
    dialogue = started(Dialogue(ALL))
    dialogue.feed(before)
    _, (outcome,) = dialogue.feed(b"421 4.3.2 shutting down\r\n")
    assert (outcome.end, outcome.answer.code, dialogue.must_close) == (End.REFUSED, 421, True)


def test_nothing_of_a_message_leaves_before_it_is_released() -> None:
    dialogue = Dialogue(ALL)
    dialogue.begin(PARCEL)
    assert dialogue.feed(LET_IN) == (b"", [])
    assert (dialogue.waiting, dialogue.has_sent_content) == (PARCEL, False)
    assert dialogue.release() == PARCEL.content + b".\r\n"
    assert (dialogue.waiting, dialogue.has_sent_content) == (None, True)


def test_the_next_envelope_may_follow_the_content_and_its_content_waits_for_its_own_release() -> None:
    dialogue = followed()
    assert dialogue.waiting is None, "it is not the next one's turn"
    assert not dialogue.can_follow, "one is enough"
    out, outcomes = dialogue.feed(b"250 done\r\n" + LET_IN)
    assert (out, ends(outcomes)) == (b"", [(7, End.ACCEPTED)])
    assert dialogue.waiting is NEXT
    assert dialogue.release() == NEXT.content + b".\r\n"
    assert ends(dialogue.feed(b"250 done\r\n")[1]) == [(8, End.ACCEPTED)]


@given(st.lists(st.integers(1, 9), max_size=40))
def test_replies_about_two_messages_may_come_in_any_pieces(cuts: list[int]) -> None:
    dialogue = followed()
    stream = b"250-2.0.0 done\r\n250 really\r\n" + LET_IN
    outcomes: list[Outcome] = []
    for size in [*cuts, len(stream)]:
        piece, stream = stream[:size], stream[size:]
        out, found = dialogue.feed(piece)
        assert out == b""
        outcomes += found
    assert ends(outcomes) == [(7, End.ACCEPTED)]
    assert dialogue.release() == NEXT.content + b".\r\n"


@pytest.mark.parametrize(
    ("replies", "stage"),
    [
        (b"451 4.3.0 busy\r\n503 first MAIL\r\n503 nobody\r\n", Stage.MAIL),
        (b"250 ok\r\n550 5.1.1 no such user\r\n503 nobody\r\n", Stage.RCPT),
        (b"250 ok\r\n250 ok\r\n451 4.3.0 no room\r\n", Stage.DATA),
    ],
)
@pytest.mark.parametrize("first", [b"250 done\r\n", b"554 5.6.0 not this\r\n"])
def test_the_next_envelope_may_be_refused_wherever_it_is(first: bytes, replies: bytes, stage: Stage) -> None:
    dialogue = followed()
    out, outcomes = dialogue.feed(first + replies)
    assert out == b""
    assert [outcome.parcel for outcome in outcomes] == [PARCEL, NEXT]
    assert outcomes[0].answer.stage is Stage.CONTENT
    assert (outcomes[1].end, outcomes[1].answer.stage) == (End.REFUSED, stage)
    assert dialogue.begin(PARCEL).startswith(b"RSET\r\nMAIL FROM:")
    dialogue.release()
    assert dialogue.feed(b"250 reset\r\n" + LET_IN)[0] == PARCEL.content + b".\r\n"


def test_a_refused_next_one_that_is_let_in_all_the_same_sends_nothing_of_its_message() -> None:
    dialogue = followed()
    out, outcomes = dialogue.feed(b"250 done\r\n250 ok\r\n550 5.1.1 no\r\n354 go\r\n")
    assert (out, ends(outcomes)) == (b".\r\n", [(7, End.ACCEPTED)])
    assert dialogue.waiting is None
    assert ends(dialogue.feed(b"250 an empty message\r\n")[1]) == [(8, End.REFUSED)]


@pytest.mark.parametrize(
    ("heard", "first", "second"),
    [
        (b"", End.UNCERTAIN, End.UNTOUCHED),
        (b"250 done\r\n", End.ACCEPTED, End.UNTOUCHED),
        (b"250 done\r\n25", End.ACCEPTED, End.UNTOUCHED),
        (b"250 done\r\n250 ok\r\n", End.ACCEPTED, End.RETURNED),
        (b"250 done\r\n" + LET_IN, End.ACCEPTED, End.RETURNED),
        (b"250 done\r\n250 ok\r\n550 5.1.1 no\r\n", End.ACCEPTED, End.REFUSED),
        (b"554 5.6.0 no\r\n", End.REFUSED, End.UNTOUCHED),
    ],
)
def test_a_connection_lost_over_two_messages_tells_what_became_of_each(heard: bytes, first: End, second: End) -> None:
    dialogue = followed()
    outcomes = dialogue.feed(heard)[1]
    outcomes += dialogue.give_up("it closed the connection", all_sent=True)
    assert ends(outcomes) == [(7, first), (8, second)]
    assert dialogue.must_close


def test_what_is_lost_before_its_dot_returns_and_the_one_behind_it_is_untouched() -> None:
    outcomes = followed().give_up("it closed the connection", all_sent=False)
    assert ends(outcomes) == [(7, End.RETURNED), (8, End.UNTOUCHED)]


@pytest.mark.parametrize(
    ("before", "first", "second"),
    [
        (b"", End.REFUSED, End.UNTOUCHED),
        (b"250 done\r\n", End.ACCEPTED, End.REFUSED),
        (b"250 done\r\n250 ok\r\n", End.ACCEPTED, End.REFUSED),
        (b"250 done\r\n" + LET_IN, End.ACCEPTED, End.RETURNED),  # it tired of waiting for the content
    ],
)
def test_421_to_either_of_two_messages_ends_the_connection_for_both(before: bytes, first: End, second: End) -> None:
    dialogue = followed()
    out, outcomes = dialogue.feed(before + b"421 4.3.2 shutting down\r\n250 ok\r\n")
    assert (out, ends(outcomes)) == (b"", [(7, first), (8, second)])
    assert dialogue.must_close


def test_what_was_not_released_can_be_withdrawn_and_ends_the_connection_without_a_dot() -> None:
    dialogue = Dialogue(ALL)
    dialogue.begin(PARCEL)
    dialogue.feed(LET_IN)
    assert dialogue.withdraw() is PARCEL
    assert (dialogue.must_close, dialogue.is_idle) == (True, True)


@pytest.mark.parametrize("replies", [b"250 done\r\n", b"250 done\r\n" + LET_IN])
def test_what_is_withdrawn_behind_another_message_lets_that_one_finish(replies: bytes) -> None:
    dialogue = followed()
    assert dialogue.withdraw() is NEXT
    assert dialogue.withdraw() is None
    assert not dialogue.must_close
    assert not dialogue.can_follow
    assert (lambda said: (said[0], ends(said[1])))(dialogue.feed(replies)) == (b"", [(7, End.ACCEPTED)])
    assert dialogue.must_close


def test_what_is_released_or_refused_cannot_be_withdrawn() -> None:
    assert started(Dialogue(ALL)).withdraw() is None
    refused = Dialogue(ALL)
    refused.begin(PARCEL)
    refused.feed(b"250 ok\r\n550 5.1.1 no\r\n")
    assert refused.withdraw() is None


@pytest.mark.parametrize("noise", [b"HTTP/1.1 400 Bad Request\r\n", b"\x16\x03\x01\r\n", b"x" * (LONGEST_REPLY + 1)])
def test_what_is_not_smtp_is_not_listened_to(noise: bytes) -> None:
    dialogue = started(Dialogue(ALL))
    with pytest.raises(NotAReply):
        dialogue.feed(noise)


def test_an_idle_connection_that_speaks_is_not_used_again() -> None:
    dialogue = Dialogue(ALL)
    dialogue.feed(b"421 4.4.2 idle for too long\r\n")
    assert dialogue.must_close


@pytest.mark.parametrize(
    "text", ["a\r\nRCPT TO:<b@x.org>", "a>b@x.org", "a b@x.org", "no-at-sign", "é@x.org", "a\x00@x.org"]
)
def test_no_address_can_add_a_command(text: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        address(text)


@given(st.text(st.characters(min_codepoint=0, max_codepoint=0x2FF), max_size=60))
def test_no_parcel_ever_names_a_second_recipient(recipient: str) -> None:
    dialogue = Dialogue(ALL)
    try:
        out = dialogue.begin(Parcel(7, "r-abc@returns.example", recipient, b""))
    except ValueError:
        return
    assert [line[:5] for line in out.split(b"\r\n")] == [b"MAIL ", b"RCPT ", b"DATA", b""]


@pytest.mark.parametrize(("text", "written"), [("a+b=c@x.org", "a+2Bb+3Dc@x.org"), ("o'neil@x.org", "o'neil@x.org")])
def test_xtext_hides_what_a_parameter_may_not_hold(text: str, written: str) -> None:
    assert xtext(text) == written


@given(st.lists(st.sampled_from([b"", b".", b"..", b"hello", b".x"]), min_size=1, max_size=8))
def test_a_leading_dot_survives_and_the_message_ends_once(lines: list[bytes]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    sent = dotted(content)
    body, end, rest = (b"\r\n" + sent).partition(b"\r\n.\r\n")
    assert (end, rest) == (b"\r\n.\r\n", b"")
    assert (body + b"\r\n").replace(b"\r\n.", b"\r\n")[2:] == content
