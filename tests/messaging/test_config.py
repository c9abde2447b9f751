from pathlib import Path

import pytest

from messaging.config import Settings, SettingsError, SmartHost

GOOD = {"SECRET_KEY": "a long enough secret", "RETURN_PATH_KEYS": "newest-key-1234567890 older-key-1234567890"}


def read(**environ: str) -> Settings:
    return Settings.from_environment({**GOOD, **environ})


def problems(**environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(**environ)
    return caught.value.problems


def test_without_a_smart_host_it_is_a_rehearsal_on_this_machine() -> None:
    settings = read()
    assert settings.is_rehearsal
    assert settings.outgoing == SmartHost("127.0.0.1", 2526, starttls=False)


def test_keys_come_newest_first() -> None:
    assert read().return_path_keys == ("newest-key-1234567890", "older-key-1234567890")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("smtp://mail.example.org", SmartHost("mail.example.org", 587)),
        ("smtp://u%40x:p%3Aw@mail.example.org:25", SmartHost("mail.example.org", 25, "u@x", "p:w")),
        ("smtps://mail.example.org", SmartHost("mail.example.org", 465, implicit_tls=True, starttls=False)),
        (
            "smtp://127.0.0.1:2599?starttls=off&verify=off",
            SmartHost("127.0.0.1", 2599, starttls=False, verify=False),
        ),
    ],
)
def test_a_smart_host_is_read_from_its_address(url: str, host: SmartHost) -> None:
    assert read(SMTP_URL=url, RETURN_PATH_DOMAIN="returns.example.org").smart_host == host


def test_the_address_that_heroku_gives_reaches_postgresql_through_psycopg() -> None:
    assert read(DATABASE_URL="postgres://u:p@db/app").database_url == "postgresql+psycopg://u:p@db/app"


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("a secret from a file\n")
    assert read(SECRET_KEY="", SECRET_KEY_FILE=str(file)).secret_key == "a secret from a file"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"RETURN_PATH_KEYS": "short"}, "RETURN_PATH_KEYS holds a key that is too short"),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/no/such/file"}, "SECRET_KEY_FILE names a file that cannot be read"),
        ({"PORT": "eighty"}, "PORT is not a whole number"),
        ({"PORT": "70000"}, "PORT is not a port"),
        ({"SMTP_CONNECTIONS": "0"}, "SMTP_CONNECTIONS must be from 1 to 1000"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL is not a PostgreSQL or SQLite address"),
        ({"REDIS_URL": "http://x"}, "REDIS_URL is not a Redis address"),
        ({"BASE_URL": "example.org"}, "BASE_URL is not a web address"),
        ({"SMTP_URL": "mail.example.org"}, "SMTP_URL is not a mail server’s address"),
        ({"SMTP_URL": "smtp://h:notaport"}, "SMTP_URL is not a mail server’s address"),
        ({"SMTP_URL": "smtp://h?tls=off"}, "SMTP_URL has an option that is not known"),
        ({"SMTP_URL": "smtp://h"}, "RETURN_PATH_DOMAIN is not set"),
        ({"BOUNCE_LISTENER_TLS_KEY": "/k"}, "belong together"),
        ({"RETURN_PATH_KEYS": " , "}, "RETURN_PATH_KEYS holds no key"),
        ({"SMTP_TIMEOUT_SECONDS": "601"}, "SMTP_TIMEOUT_SECONDS must be at most 600"),
        ({"RETURN_PATH_DAYS": "9"}, "RETURN_PATH_DAYS is too small"),
        ({"REPORTS_COUNT_DAYS": "28"}, "RETURN_PATH_DAYS is too small"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(environ: dict[str, str], says: str) -> None:
    assert any(says in problem for problem in problems(**environ))


def test_every_mistake_is_told_at_once() -> None:
    assert len(problems(PORT="eighty", BASE_URL="x", SECRET_KEY="short")) == 3


def test_no_sentence_repeats_a_secret() -> None:
    told = " ".join(problems(SECRET_KEY="hunter2", RETURN_PATH_KEYS="hunter3", SMTP_URL="http://u:hunter4@h"))
    assert "hunter" not in told
