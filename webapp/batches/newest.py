"""What many watchers of a batch are shown alike is made once."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

BATCHES_KEPT = 200


class Newest(Generic[T]):
    """For each batch the newest thing, with what it was made from: equal to that, it is not made again."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Any, T]] = {}

    def get(self, batch_id: int, made_from: object, make: Callable[[], T]) -> T:
        kept = self._kept.get(batch_id)
        if kept is not None and kept[0] == made_from:
            return kept[1]
        if len(self._kept) >= BATCHES_KEPT:
            self._kept.clear()
        made = make()
        self._kept[batch_id] = made_from, made
        return made
