"""What `bin/run` makes once for an installation."""

from pathlib import Path

from kit import own_folder


def test_secrets_are_long_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    files = own_folder.prepare(tmp_path / "data")

    assert set(files) == {"SECRET_KEY", "RETURN_PATH_KEYS"}
    for file in files.values():
        assert len(file.read_text().strip()) >= 32
        assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data" / "secrets").stat().st_mode & 0o777 == 0o700


def test_a_second_run_keeps_what_the_first_made(tmp_path: Path) -> None:
    first = {name: file.read_text() for name, file in own_folder.prepare(tmp_path).items()}
    password = own_folder.rehearsal_password(tmp_path)

    assert {name: file.read_text() for name, file in own_folder.prepare(tmp_path).items()} == first
    assert own_folder.rehearsal_password(tmp_path) == password
    assert sorted(file.name for file in (tmp_path / "secrets").iterdir()) == [
        "rehearsal_password",
        "return_path_keys",
        "secret_key",
    ]


def test_two_installations_have_nothing_in_common(tmp_path: Path) -> None:
    one, other = own_folder.prepare(tmp_path / "one"), own_folder.prepare(tmp_path / "other")

    assert all(one[name].read_text() != other[name].read_text() for name in one)
    assert own_folder.rehearsal_password(tmp_path / "one") != own_folder.rehearsal_password(tmp_path / "other")
