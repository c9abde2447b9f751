"""The SMTP side without sockets: bytes in, bytes out, and what they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.gateways.base import End, Parcel, Stage
from messaging.gateways.smtp_dialogue import LONGEST_REPLY, Dialogue, NotAReply, address, dotted, xtext

PARCEL = Parcel(7, "r-abc@returns.example", "ann@patients.example", b"Subject: x\r\n\r\nhello\r\n")
ALL = ("pipelining", "dsn")


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
    for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        said.append(dialogue.feed(reply)[0])
    assert said == [
        b"MAIL FROM:<r-abc@returns.example>\r\n",
        b"RCPT TO:<ann@patients.example>\r\n",
        b"DATA\r\n",
        PARCEL.content + b".\r\n",
    ]
    _, outcome = dialogue.feed(b"250 2.0.0 Ok: queued\r\n")
    assert outcome is not None
    assert (outcome.end, outcome.answer.words, dialogue.is_idle) == (End.ACCEPTED, "250 2.0.0 Ok: queued", True)


@given(st.lists(st.integers(1, 9), max_size=30))
def test_replies_may_come_in_any_pieces(cuts: list[int]) -> None:
    dialogue = Dialogue(ALL)
    dialogue.begin(PARCEL)
    stream = b"250-2.1.0 ok\r\n250 go on\r\n250 2.1.5 ok\r\n354 go\r\n250 2.0.0 done\r\n"
    outcomes = []
    for size in [*cuts, len(stream)]:
        piece, stream = stream[:size], stream[size:]
        outcomes.append(dialogue.feed(piece)[1])
    assert [outcome.end for outcome in outcomes if outcome] == [End.ACCEPTED]


def test_after_a_refused_recipient_it_resets_before_the_next() -> None:
    dialogue = Dialogue(ALL)
    dialogue.begin(PARCEL)
    _, outcome = dialogue.feed(b"250 ok\r\n550 5.1.1 no such user\r\n503 5.5.1 nobody\r\n")
    assert outcome is not None
    assert (outcome.end, outcome.answer.stage, outcome.answer.status) == (End.REFUSED, Stage.RCPT, "5.1.1")
    assert dialogue.begin(PARCEL).startswith(b"RSET\r\nMAIL FROM:")
    out, outcome = dialogue.feed(b"250 reset\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    assert (out, outcome) == (PARCEL.content + b".\r\n", None)


def test_when_data_is_let_in_without_a_recipient_nothing_of_the_message_is_sent() -> None:
    dialogue = Dialogue(ALL)
    dialogue.begin(PARCEL)
    out, outcome = dialogue.feed(b"250 ok\r\n550 5.1.1 no\r\n354 go\r\n")
    assert (out, outcome) == (b".\r\n", None)
    assert not dialogue.has_sent_content
    _, outcome = dialogue.feed(b"250 accepted an empty message\r\n")
    assert outcome is not None
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
    dialogue = Dialogue(ALL)
    dialogue.begin(PARCEL)
    dialogue.feed(heard)
    outcome = dialogue.give_up("it closed the connection", all_sent=all_sent)
    assert outcome is not None
    assert outcome.end is end
    assert dialogue.must_close


@pytest.mark.parametrize("before", [b"", b"250 ok\r\n", b"250 ok\r\n250 ok\r\n", b"250 ok\r\n250 ok\r\n354 go\r\n"])
def test_421_is_a_no_at_any_time_and_ends_the_connection(before: bytes) -> None:
    dialogue = Dialogue(ALL)
    dialogue.begin(PARCEL)
    dialogue.feed(before)
    _, outcome = dialogue.feed(b"421 4.3.2 shutting down\r\n")
    assert outcome is not None
    assert (outcome.end, outcome.answer.code, dialogue.must_close) == (End.REFUSED, 421, True)


@pytest.mark.parametrize("noise", [b"HTTP/1.1 400 Bad Request\r\n", b"\x16\x03\x01\r\n", b"x" * (LONGEST_REPLY + 1)])
def test_what_is_not_smtp_is_not_listened_to(noise: bytes) -> None:
    dialogue = Dialogue(ALL)
    dialogue.begin(PARCEL)
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
