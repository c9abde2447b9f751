from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.return_path import Forged, ReturnPaths, Signed

OLD, NEW = "the old key, long enough", "the new key, long enough"
DOMAIN = "returns.riverside.example.org"
PATHS = ReturnPaths(DOMAIN, (NEW, OLD))
DAY = date(2026, 11, 24)


@given(st.integers(0, 2**63 - 1), st.dates(date(2020, 1, 1), date(2190, 1, 1)))
def test_it_reads_back_what_it_signed_within_64_characters(message_id: int, issued: date) -> None:
    address = PATHS.address_for(message_id, issued)
    assert PATHS.read(address) == Signed(message_id, issued)
    assert len(address.partition("@")[0]) <= 64


def test_a_gateway_may_change_the_case_of_an_address() -> None:
    assert PATHS.read(f"<{PATHS.address_for(7, DAY).upper()}>") == Signed(7, DAY)


def test_an_older_key_is_still_accepted_and_a_dropped_one_is_not() -> None:
    signed_before = ReturnPaths(DOMAIN, (OLD,)).address_for(7, DAY)
    assert PATHS.read(signed_before) == Signed(7, DAY)
    with pytest.raises(Forged):
        ReturnPaths(DOMAIN, (NEW,)).read(signed_before)


@given(st.integers(0, 200), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-"))
def test_any_altered_character_is_refused(place: int, character: str) -> None:
    address = PATHS.address_for(123_456, DAY)
    place %= address.index("@")
    altered = address[:place] + character + address[place + 1 :]
    if altered != address:
        with pytest.raises(Forged):
            PATHS.read(altered)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "<>",
        "@",
        "r--@" + DOMAIN,
        "r-a-a@" + DOMAIN,
        "postmaster@" + DOMAIN,
        "r-é-é@" + DOMAIN,
        "r" * 70 + "@" + DOMAIN,
    ],
)
def test_what_is_no_return_path_is_refused(address: str) -> None:
    with pytest.raises(Forged):
        PATHS.read(address)


def test_another_domain_is_refused() -> None:
    with pytest.raises(Forged):
        PATHS.read(PATHS.address_for(7, DAY).replace(DOMAIN, "returns.elsewhere.example.org"))
