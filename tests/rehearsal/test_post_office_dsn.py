import pytest
from post_office_kit import RETURN_PATH, ReturnsServer, hand_over, wait_for

from rehearsal import PostOffice
from rehearsal.dsn import BadParameter, message_options, recipient_options, split


def test_parameters_are_taken_off_and_the_rest_of_the_command_stays() -> None:
    rest, taken = split("FROM:<a@example.org> SIZE=9 ret=hdrs ENVID=x+2By BODY=8BITMIME", {"RET", "ENVID"})
    assert rest == "FROM:<a@example.org> SIZE=9 BODY=8BITMIME"
    assert taken == {"RET": "hdrs", "ENVID": "x+2By"}


def test_a_quoted_local_part_holds_no_parameter() -> None:
    argument = 'TO:<"x> NOTIFY=NEVER"@example.org>'
    assert split(argument, {"NOTIFY"}) == (argument, {})


def test_the_envelope_id_is_decoded_and_can_add_no_line_to_a_report() -> None:
    assert message_options({"ENVID": "a+2Bb"}).envelope_id == "a+b"
    assert message_options({"ENVID": "a+0D+0AAction:+20failed"}).envelope_id == "a??Action: failed"


@pytest.mark.parametrize("parameters", [{"RET": "SOME"}, {"ENVID": "a+2"}, {"ENVID": "a=b"}, {"ENVID": "x" * 101}])
def test_it_refuses_mail_parameters_that_the_rfc_does_not_allow(parameters: dict[str, str]) -> None:
    with pytest.raises(BadParameter):
        message_options(parameters)


@pytest.mark.parametrize(
    "parameters",
    [{"NOTIFY": "NEVER,DELAY"}, {"NOTIFY": ""}, {"NOTIFY": "SOMETIMES"}, {"ORCPT": "jane"}, {"ORCPT": "rfc822;"}],
)
def test_it_refuses_recipient_parameters_that_the_rfc_does_not_allow(parameters: dict[str, str]) -> None:
    with pytest.raises(BadParameter):
        recipient_options(parameters)


def test_a_bad_parameter_gets_501_and_the_connection_goes_on(post_office: PostOffice) -> None:
    assert hand_over(post_office, "jane@example.org", mail=("RET=SOME",))[0] == 501
    assert hand_over(post_office, "jane@example.org", mail=("RET=FULL", "RET=HDRS"))[0] == 501
    assert hand_over(post_office, "jane@example.org", rcpt=("NOTIFY=SOMETIMES",))[0] == 501
    assert hand_over(post_office, "jane@example.org", rcpt=("COLOUR=BLUE",))[0] == 555


def test_notify_never_means_no_report(post_office: PostOffice, returns: ReturnsServer) -> None:
    hand_over(post_office, "bounce@example.org", rcpt=("NOTIFY=NEVER",))
    hand_over(post_office, "bounce.2@example.org")
    wait_for(post_office.reports_sent)
    assert [sent.recipient for sent in post_office.reports_sent()] == ["bounce.2@example.org"]


@pytest.mark.parametrize(
    ("notify", "actions"),
    [("FAILURE", ["failed"]), ("DELAY", ["delayed"]), ("FAILURE,DELAY", ["delayed", "failed"])],
)
def test_only_the_reports_asked_for_are_sent(
    post_office: PostOffice, returns: ReturnsServer, notify: str, actions: list[str]
) -> None:
    hand_over(post_office, "delayfail@example.org", rcpt=(f"NOTIFY={notify}",))
    wait_for(lambda: len(post_office.reports_sent()) == len(actions))
    wait_for(lambda: post_office.counts()["reports_waiting"] == 0)
    assert [sent.action for sent in post_office.reports_sent()] == actions


def test_success_is_reported_when_it_is_asked_for(post_office: PostOffice, returns: ReturnsServer) -> None:
    hand_over(post_office, "jane@example.org", rcpt=("NOTIFY=SUCCESS",))
    wait_for(post_office.reports_sent)
    assert [sent.action for sent in post_office.reports_sent()] == ["delivered"]


def test_a_report_repeats_the_envelope_id_and_the_original_recipient(
    post_office: PostOffice, returns: ReturnsServer
) -> None:
    hand_over(
        post_office,
        "bounce@example.org",
        mail=("RET=HDRS", "ENVID=round+2B1"),
        rcpt=("NOTIFY=FAILURE", "ORCPT=rfc822;B+2BOunce@example.org"),
    )
    wait_for(lambda: returns.taken)
    sender, recipient, content = returns.taken[0]
    assert (sender, recipient) == ("<>", RETURN_PATH)
    assert b"\r\nOriginal-Envelope-Id: round+1\r\n" in content
    assert b"\r\nOriginal-Recipient: rfc822;B+Ounce@example.org\r\n" in content
