"""What the tests of the journey do again and again, in words."""

import io
from collections.abc import Callable

from messaging.models import User
from tests.messaging.batch_drafts import ADA, BEN, CAT, HEADINGS
from tests.webapp.browser import Browser, Page

SignIn = Callable[[User], Browser]
THREE = "\n".join([HEADINGS, ADA, BEN, CAT]).encode()


def a_file(content: bytes = THREE, name: str = "flu.csv") -> dict[str, object]:
    return {"patients": (io.BytesIO(content), name)}


def upload(browser: Browser, content: bytes = THREE, name: str = "flu.csv") -> Page:
    """To the Review Patient List of a new draft."""
    browser.get("/batches/new")
    return browser.follow(browser.post("/batches/new", a_file(content, name)))


def post_large(browser: Browser, address: str, content: bytes, *, status: int) -> Page:
    """As a browser writes it; the test client would leave a temporary file open."""
    token = browser.get("/batches/new").token
    body = b"".join(
        (
            b'--edge\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + token.encode(),
            b'\r\n--edge\r\nContent-Disposition: form-data; name="patients"; filename="large.csv"\r\n\r\n' + content,
            b"\r\n--edge--\r\n",
        )
    )
    options = {"data": body, "content_type": "multipart/form-data; boundary=edge"}
    return browser._ask("POST", address, status, False, options)


def words(name: str = "Flu", subject: str = "Your flu jab", body: str = "Dear ((first name))") -> dict[str, str]:
    return {"name": name, "subject": subject, "body": body}


def a_ready_batch(browser: Browser) -> Page:
    """To Check and send, of batch 1."""
    upload(browser)
    return browser.follow(browser.post("/batches/1/message", words()))
