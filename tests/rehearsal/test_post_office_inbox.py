import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from post_office_kit import ReturnsServer, hand_over, wait_for

from rehearsal import PostOffice
from rehearsal.inbox import InboxServer, create_inbox
from rehearsal.letters import Letters
from rehearsal.reading import open_letter

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def page(post_office: PostOffice) -> Iterator[FlaskClient]:
    with create_inbox(post_office, trusted_hosts=["localhost"]).test_client() as client:
        yield client


def letter(subject: str = "Your flu jab", html: str = "<p>Please <b>come</b></p>") -> bytes:
    message = EmailMessage()
    message["From"] = "Riverside Surgery <flu@riverside.example.org>"
    message["To"] = "jane@example.org"
    message["Subject"] = subject
    message.set_content("Please come")
    message.add_alternative(html, subtype="html")
    return message.as_bytes().replace(b"\n", b"\r\n")


def token(page: FlaskClient) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page.get("/messages/1").text)
    assert found
    return found[1]


def test_an_empty_inbox_says_what_to_do(page: FlaskClient) -> None:
    assert "Send a batch message, and it will appear here" in page.get("/").text


def test_the_inbox_lists_what_arrived_and_hides_what_never_did(post_office: PostOffice, page: FlaskClient) -> None:
    hand_over(post_office, "jane@example.org", content=letter())
    hand_over(post_office, "full@example.org", content=letter())
    shown = page.get("/").text
    assert "jane@example.org" in shown
    assert "full@example.org" not in shown
    everything = page.get("/?all=1").text
    assert "full@example.org" in everything
    assert "Not in an inbox" in everything


def test_the_inbox_is_paged_and_searched(post_office: PostOffice, page: FlaskClient) -> None:
    for number in range(55):
        hand_over(post_office, f"jane{number}@example.org", content=letter(f"Letter {number}"))
    first, second = page.get("/").text, page.get("/?page=2").text
    assert (first.count("<tr") - 1, second.count("<tr") - 1) == (50, 5)
    assert "jane54@" in first
    assert "jane0@" in second
    assert page.get("/?q=LETTER+31").text.count("<tr") - 1 == 1
    assert "No message has these words" in page.get("/?q=nothing").text
    assert page.get("/?page=99").text.count("<tr") - 1 == 5
    assert page.get("/?page=x").status_code == 200


def test_a_dropped_message_is_said_so() -> None:
    with PostOffice(limit=1) as office:
        hand_over(office, "jane@example.org")
        hand_over(office, "anna@example.org")
        page = create_inbox(office).test_client()
        assert "1 older ones were dropped" in page.get("/").text
        gone = page.get("/messages/1")
    assert gone.status_code == 404
    assert "it was dropped" in gone.text


def test_a_message_shows_its_parts_and_its_source(post_office: PostOffice, page: FlaskClient) -> None:
    content = letter()
    hand_over(post_office, "jane@example.org", content=content)
    shown = page.get("/messages/1").text
    assert '<iframe class="letter" sandbox src="/messages/1/html"' in shown
    assert "Please come" in shown
    assert "flu@riverside.example.org" in shown
    assert page.get("/messages/1/html").data == b"<p>Please <b>come</b></p>\r\n"
    raw = page.get("/messages/1/raw")
    assert (raw.data, raw.mimetype) == (content, "text/plain")


def test_nothing_in_a_message_is_live_on_our_pages(post_office: PostOffice, page: FlaskClient) -> None:
    hand_over(post_office, "jane@example.org", content=letter(HOSTILE, HOSTILE))
    for path in ("/", "/?all=1", "/messages/1", f"/?q={HOSTILE}"):
        assert HOSTILE not in page.get(path).text, path
    policy = page.get("/messages/1/html").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_every_answer_forbids_what_it_does_not_need(post_office: PostOffice, page: FlaskClient) -> None:
    hand_over(post_office, "jane@example.org")
    for path in ("/", "/messages/1", "/messages/1/raw", "/messages.json", "/messages/9"):
        answer = page.get(path)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'"), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert "Set-Cookie" not in answer.headers, path


@pytest.mark.parametrize(("style", "host"), [("gmail", "googlemail"), ("exim", "Exim"), ("postfix", "X-Postfix")])
def test_a_person_can_bounce_a_message_in_anyones_words(
    post_office: PostOffice, returns: ReturnsServer, page: FlaskClient, style: str, host: str
) -> None:
    hand_over(post_office, "jane@example.org", content=letter())
    answer = page.post("/messages/1/report", data={"token": token(page), "style": style})
    assert answer.status_code == 303
    assert "on its way back" in page.get(answer.headers["Location"]).text
    wait_for(lambda: returns.taken)
    assert host.encode() in returns.taken[0][2]
    wait_for(lambda: "failed" in page.get("/messages/1").text)


@pytest.mark.parametrize(
    ("form", "status"),
    [({"style": "gmail"}, 400), ({"style": "gmail", "token": "guess"}, 400), ({"style": "other"}, 400)],
)
def test_it_refuses_to_bounce_without_the_pages_token_or_a_known_style(
    post_office: PostOffice, returns: ReturnsServer, page: FlaskClient, form: dict[str, str], status: int
) -> None:
    hand_over(post_office, "jane@example.org")
    if form["style"] == "other":
        form = {**form, "token": token(page)}
    assert page.post("/messages/1/report", data=form).status_code == status
    assert page.get("/messages/1/report").status_code == 405
    assert post_office.counts()["reports_waiting"] == 0


def test_a_message_without_a_return_path_cannot_be_bounced(post_office: PostOffice, page: FlaskClient) -> None:
    hand_over(post_office, "jane@example.org")
    valid = token(page)
    hand_over(post_office, "jane@example.org", sender="")
    assert "no return path" in page.get("/messages/2").text
    assert page.post("/messages/2/report", data={"token": valid, "style": "gmail"}).status_code == 409


def test_a_foreign_host_name_reaches_nothing(page: FlaskClient) -> None:
    assert page.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_the_json_tells_tests_everything(post_office: PostOffice, returns: ReturnsServer, page: FlaskClient) -> None:
    hand_over(post_office, "jane@example.org", content=letter(), mail=("ENVID=7",))
    hand_over(post_office, "bounce@example.org", content=letter())
    hand_over(post_office, "nobody@example.org")
    wait_for(post_office.reports_sent)
    told = page.get("/messages.json").get_json()
    assert [(one["to"], one["in_inbox"], one["cases"]) for one in told["messages"]] == [
        (["bounce@example.org"], False, ["bounce"]),
        (["jane@example.org"], True, [""]),
    ]
    assert (told["messages"][1]["envelope_id"], told["messages"][1]["subject"]) == ("7", "Your flu jab")
    assert told["counts"]["refused:nobody"] == 1
    assert told["reports"] == [{"message": 2, "recipient": "bounce@example.org", "action": "failed", "status": "5.1.1"}]
    assert len(page.get("/messages.json?q=jane").get_json()["messages"]) == 1


def test_the_nhs_look_is_used_when_it_is_there(post_office: PostOffice, tmp_path: Path) -> None:
    (tmp_path / "nhsuk" / "assets" / "images").mkdir(parents=True)
    (tmp_path / "nhsuk" / "nhsuk-frontend.min.css").write_text("body{}")
    (tmp_path / "nhsuk" / "assets" / "images" / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret").write_text("no")
    page = create_inbox(post_office, tmp_path).test_client()
    assert '<link rel="stylesheet" href="/nhsuk-frontend.min.css">' in page.get("/").text
    for path, status in [
        ("/nhsuk-frontend.min.css", 200),
        ("/static/inbox.css", 200),
        ("/assets/images/favicon.svg", 200),
        ("/assets/../../secret", 404),
    ]:
        with page.get(path) as answer:
            assert answer.status_code == status, path


def test_the_page_works_without_the_nhs_look(page: FlaskClient) -> None:
    assert "nhsuk-frontend.min.css" not in page.get("/").text
    assert page.get("/nhsuk-frontend.min.css").status_code == 404


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"Subject: =?x-unknown?B?!!?=\r\nFrom: <<>>;;\r\nDate: never\r\n\r\n\x00\xff",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=x\r\n\r\n\xff",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%",
    ],
)
def test_whatever_came_in_can_be_looked_at(post_office: PostOffice, page: FlaskClient, raw: bytes) -> None:
    kept = post_office.letters.keep("", (), raw)
    open_letter(kept)
    for path in ("/", f"/messages/{kept.id}", f"/messages/{kept.id}/html", "/messages.json"):
        assert page.get(path).status_code == 200, path


def test_the_store_keeps_within_its_bytes() -> None:
    letters = Letters(limit=100, limit_bytes=1_000)
    for _ in range(10):
        letters.keep("", (), b"x" * 300)
    assert len(letters.all()) == 3
    assert letters.counts()["dropped"] == 7


def test_the_inbox_is_served_on_a_port_of_its_own(post_office: PostOffice) -> None:
    with InboxServer(post_office) as server:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/messages.json", timeout=60) as answer:
            assert json.load(answer)["messages"] == []
        strange = urllib.request.Request(f"http://127.0.0.1:{server.port}/", headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="400") as refusal:
            urllib.request.urlopen(strange, timeout=60)
        refusal.value.close()
