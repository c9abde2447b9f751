"""The settings that `bin/run` starts with, and the pages that list them."""

import dataclasses
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import environment
from kit.environment import Environment
from kit.places import ROOT
from kit.say import Stop
from messaging.config import Settings
from tests.servers import free_port

RENAMED = {"SMART_HOST": "SMTP_URL"}
OF_THE_WEB_SERVER = {"HOST", "WEB_CONCURRENCY"}


@pytest.fixture
def no_env_file(tmp_path: Path) -> Path:
    return tmp_path / "no.env"


def read(tmp_path: Path, no_env_file: Path, **environ: str) -> Environment:
    return environment.read({"DATA_DIR": str(tmp_path / "data"), **environ}, no_env_file)


def names_in_settings() -> set[str]:
    names = {field.name.upper() for field in dataclasses.fields(Settings)}
    return {RENAMED.get(name, name) for name in names}


def test_nothing_set_is_a_rehearsal_on_this_machine(tmp_path: Path, no_env_file: Path) -> None:
    chosen = read(tmp_path, no_env_file)

    assert chosen.settings().is_rehearsal
    assert chosen.settings().base_url == "http://127.0.0.1:8000"
    assert chosen["HOST"] == "127.0.0.1"
    assert chosen.settings().database_url == f"sqlite:///{tmp_path / 'data' / 'postround.db'}"


def test_the_environment_wins_over_the_file_and_the_file_over_what_is_decided(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=8100\nBOUNCE_LISTENER_PORT=2600\nREDIS_URL=\n")

    chosen = read(tmp_path, file, PORT="8200")

    assert chosen.settings().port == 8200
    assert chosen.settings().bounce_listener_port == 2600
    assert chosen.settings().base_url == "http://127.0.0.1:8200"
    assert not chosen.is_set("REDIS_URL")


def test_secrets_of_ones_own_are_used_and_none_is_decided_beside_them(tmp_path: Path, no_env_file: Path) -> None:
    file = tmp_path / "mine"
    file.write_text("my own long secret key\n")

    chosen = read(
        tmp_path,
        no_env_file,
        SECRET_KEY_FILE=str(file),
        RETURN_PATH_KEYS="my own long return path key".replace(" ", "-"),
    )

    assert chosen.settings().secret_key == "my own long secret key"
    assert chosen.settings().return_path_keys == ("my-own-long-return-path-key",)
    assert not {"SECRET_KEY_FILE", "RETURN_PATH_KEYS_FILE"} & set(chosen.decided)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "eighty", "PORT is not a whole number"),
        ("SMTP_URL", "mail.example.org", "SMTP_URL is not a mail server"),
        ("DATABASE_URL", "mysql://localhost/x", "DATABASE_URL is not a PostgreSQL or SQLite address"),
        ("SECRET_KEY_FILE", "/nowhere/at/all", "SECRET_KEY_FILE names a file that cannot be read"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence(
    name: str, value: str, sentence: str, tmp_path: Path, no_env_file: Path
) -> None:
    with pytest.raises(Stop) as stopped:
        read(tmp_path, no_env_file, **{name: value})

    assert sentence in str(stopped.value)
    assert all(line.endswith(".") for line in str(stopped.value).splitlines())


def test_every_mistake_is_told_at_once(tmp_path: Path, no_env_file: Path) -> None:
    with pytest.raises(Stop) as stopped:
        read(tmp_path, no_env_file, PORT="eighty", BASE_URL="postround")

    assert len(str(stopped.value).splitlines()) == 2


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("name", ["PORT", "BOUNCE_LISTENER_PORT", "REHEARSAL_SMTP_PORT", "REHEARSAL_INBOX_URL"])
def test_a_port_that_is_taken_stops_the_start_and_names_the_setting(
    name: str, taken: int, tmp_path: Path, no_env_file: Path
) -> None:
    ports = {
        "PORT": str(free_port()),
        "BOUNCE_LISTENER_PORT": str(free_port()),
        "REHEARSAL_SMTP_PORT": str(free_port()),
        "REHEARSAL_INBOX_URL": f"http://127.0.0.1:{free_port()}",
    }
    ports[name] = ports[name].replace(ports[name].rpartition(":")[2], str(taken))
    chosen = read(tmp_path, no_env_file, **ports)

    with pytest.raises(Stop) as stopped:
        environment.check_ports(chosen.settings(), chosen["HOST"])

    assert str(stopped.value) == f"Port {taken} is in use by another program: stop that, or set {name} to another one."


def test_an_address_of_another_machine_stops_the_start(tmp_path: Path, no_env_file: Path) -> None:
    chosen = read(tmp_path, no_env_file, BOUNCE_LISTENER_HOST="192.0.2.1", BOUNCE_LISTENER_PORT="2600")

    with pytest.raises(Stop, match=r"BOUNCE_LISTENER_PORT: port 2600 of 192\.0\.2\.1 cannot be listened on"):
        environment.check_ports(chosen.settings(), chosen["HOST"])


def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path: Path, no_env_file: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")

    with pytest.raises(Stop, match="set DATA_DIR to one that you may write to"):
        read(tmp_path, no_env_file)


def test_what_the_flask_command_reads_holds_no_secret(
    tmp_path: Path, no_env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "FLASK_ENV", tmp_path / ".flaskenv")
    chosen = read(tmp_path, no_env_file)
    chosen.decide("REDIS_URL", "redis://127.0.0.1:7000/0")

    chosen.write_flask_env()

    text = (tmp_path / ".flaskenv").read_text()
    assert "REDIS_URL='redis://127.0.0.1:7000/0'" in text
    assert f"SECRET_KEY_FILE='{tmp_path}/data/secrets/secret_key'" in text
    assert chosen.settings().secret_key not in text


def test_every_setting_is_documented_once_and_nothing_else() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(rows) == sorted(names_in_settings() | OF_THE_WEB_SERVER)


def test_the_defaults_in_the_documentation_are_the_real_ones() -> None:
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (\d+) \|", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    numbers = {f.name.upper(): str(f.default) for f in dataclasses.fields(Settings) if isinstance(f.default, int)}

    assert {name: value for name, value in rows if name in numbers} == numbers


def test_the_example_file_names_every_setting_and_sets_none() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")

    assert set(re.findall(r"^#([A-Z_]+)=", text, re.MULTILINE)) == names_in_settings() | {"HOST"}
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == []


def test_a_one_click_deploy_asks_for_what_a_server_needs() -> None:
    asked = json.loads((ROOT / "app.json").read_text())["env"]

    assert set(asked) <= names_in_settings()
    assert {"SECRET_KEY", "RETURN_PATH_KEYS", "RETURN_PATH_DOMAIN", "SMTP_URL"} <= set(asked)
    Settings.from_environment(
        {
            "SECRET_KEY": "k" * 64,
            "RETURN_PATH_KEYS": "k" * 64,
            "RETURN_PATH_DOMAIN": "returns.example.org",
            "SMTP_URL": "smtp://u:p@mail.example.org:587",
            "BASE_URL": "https://messages.example.org",
        }
    )
