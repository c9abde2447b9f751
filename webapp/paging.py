"""Which page of a list: its number comes from an address, so it may be anything."""

from dataclasses import dataclass

ROWS = 50


@dataclass(frozen=True, slots=True)
class Paging:
    """Numbers from 1; a number beyond the end is the last page."""

    number: int
    total: int
    rows: int = ROWS

    @classmethod
    def of(cls, asked: str | None, total: int, rows: int = ROWS) -> "Paging":
        wanted = int(asked) if asked and asked.isascii() and asked.isdigit() and len(asked) < 8 else 1
        last = max(1, -(-total // rows))
        return cls(min(max(wanted, 1), last), total, rows)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.rows))

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.rows

    @property
    def first(self) -> int:
        return self.offset + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.offset + self.rows, self.total)

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None
