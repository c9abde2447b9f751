"""What many watchers of a batch are shown alike is made once."""

from functools import partial

from webapp.batches import newest
from webapp.batches.newest import Newest


def test_it_is_made_once_for_what_it_is_made_from_and_again_for_something_else() -> None:
    kept: Newest[str] = Newest()
    made = []

    def make() -> str:
        made.append("made")
        return f"number {len(made)}"

    assert [kept.get(1, looks, make) for looks in ("a", "a", "b", "a")] == [
        "number 1",
        "number 1",
        "number 2",
        "number 3",
    ]


def test_batches_do_not_share() -> None:
    kept: Newest[str] = Newest()

    assert kept.get(1, "a", lambda: "first") == "first"
    assert kept.get(2, "a", lambda: "second") == "second"


def test_it_does_not_grow_for_ever() -> None:
    kept: Newest[int] = Newest()
    for number in range(newest.BATCHES_KEPT + 1):
        kept.get(number, "a", partial(int, number))

    assert kept.get(0, "a", lambda: -1) == -1
    assert kept.get(newest.BATCHES_KEPT, "a", lambda: -1) == newest.BATCHES_KEPT
