"""Sides of benchmarks/send.py that run in a process of their own: `python -m benchmarks._peers SIDE COUNT PORT FOLDER`.

Each prints, as its last line, the seconds from the first message to the last. All send the same words, about 5 KB.
"""

import contextlib
import io
import smtplib
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

LOOPBACK = "127.0.0.1"
SENDER = "practice@surgery.example"
LINE = "Please book your annual review with the practice nurse soon. It takes ten minutes.\n"
WORDS = "Dear ((first name)),\n\n" + LINE * 24
TEXT = "Dear patient,\n\n" + LINE * 24
HTML = f"<html><body><p>Dear patient,</p><p>{LINE * 24}</p></body></html>\n"


def smtplib_loop(count: int, port: int, folder: Path) -> float:
    """One connection that stays open, and the very messages that Postround would write, written already."""
    messages = [*_written(count, folder)]
    with smtplib.SMTP(LOOPBACK, port) as client:
        began = time.perf_counter()
        for sender, recipient, content in messages:
            client.sendmail(sender, [recipient], content)
        return time.perf_counter() - began


def _written(count: int, folder: Path) -> Iterator[tuple[str, str, bytes]]:
    from messaging.app import create_base_app
    from messaging.config import Settings
    from messaging.email_message import EmailTemplate
    from messaging.models import Organisation
    from messaging.return_path import return_paths

    key, today = "a-key-for-benchmarks-long-enough", date(2026, 11, 24)
    with create_base_app(Settings(key, (key,), data_dir=folder, database_url="sqlite://")).app_context():
        practice = Organisation(name="Riverside Surgery", from_address=SENDER, reply_to="")
        template = EmailTemplate(practice, "Your annual review", WORDS)
        for number in range(1, count + 1):
            to = f"patient{number}@patients.example"
            content = template.as_bytes({"First Name": "Ann"}, to=to, message_id=number, issued=today)
            yield return_paths().address_for(number, today), to, content


def post_office(count: int, port: int, folder: Path) -> float:
    """django-post-office with its own settings, its batch as large as the list."""
    _django(
        folder,
        port,
        ["post_office"],
        EMAIL_BACKEND="post_office.EmailBackend",
        POST_OFFICE={
            "BATCH_SIZE": count,
            "LOG_LEVEL": 1,
            "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"},
            "LOCK_FILE_NAME": str(folder / "lock"),
        },
    )
    from post_office import mail
    from post_office.models import STATUS, Email

    mail.send_many(
        {
            "sender": SENDER,
            "recipients": [f"patient{number}@patients.example"],
            "subject": "Your annual review",
            "message": TEXT,
            "html_message": HTML,
        }
        for number in range(count)
    )
    began = time.perf_counter()
    while sum(mail.send_queued(processes=1, log_level=1)):
        pass
    took = time.perf_counter() - began
    assert Email.objects.filter(status=STATUS.sent).count() == count
    return took


def mailer(count: int, port: int, folder: Path) -> float:
    """django-mailer as it comes."""
    _django(
        folder,
        port,
        ["mailer"],
        EMAIL_BACKEND="mailer.backend.DbBackend",
        MAILER_EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        MAILER_LOCK_PATH=str(folder / "lock"),
    )
    from django.core.mail import EmailMultiAlternatives, get_connection
    from mailer.engine import send_all
    from mailer.models import Message

    messages = []
    for number in range(count):
        message = EmailMultiAlternatives("Your annual review", TEXT, SENDER, [f"patient{number}@patients.example"])
        message.attach_alternative(HTML, "text/html")
        messages.append(message)
    get_connection().send_messages(messages)
    began = time.perf_counter()
    send_all()
    took = time.perf_counter() - began
    assert not Message.objects.exists()
    return took


def _django(folder: Path, port: int, apps: list[str], **more: object) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    templates = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
    if "post_office" in apps:
        templates.append(
            {
                "BACKEND": "post_office.template.backends.post_office.PostOfficeTemplates",
                "NAME": "post_office",
                "APP_DIRS": True,  # type: ignore[dict-item]
                "OPTIONS": {"context_processors": []},  # type: ignore[dict-item]
            }
        )
    settings.configure(
        SECRET_KEY="benchmark",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *apps],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / "peer.db"),
                "OPTIONS": {"timeout": 60},
            }
        },
        EMAIL_HOST=LOOPBACK,
        EMAIL_PORT=port,
        EMAIL_TIMEOUT=30,
        TEMPLATES=templates,
        LOGGING_CONFIG=None,
        **more,
    )
    django.setup()
    call_command("migrate", verbosity=0, run_syncdb=True)


SIDES: dict[str, Callable[[int, int, Path], float]] = {
    "smtplib": smtplib_loop,
    "post_office": post_office,
    "mailer": mailer,
}

if __name__ == "__main__":
    side, count, port, folder = sys.argv[1:]
    with contextlib.redirect_stdout(io.StringIO()):
        took = SIDES[side](int(count), int(port), Path(folder))
    print(took)
