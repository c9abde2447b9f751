"""A statement of SQLAlchemy's that is turned into SQL once, for the few that run thousands of times a minute.

It runs on an ordinary connection, in its transaction and with its errors; only the work of building it is saved.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect


class QuickStatement:
    """`statement` holds a bindparam for whatever changes from run to run; nothing in it may expand."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._order: Sequence[str] | None = compiled.positiontup
        self._processors: dict[str, Any] = dict(compiled._bind_processors)
        self._fixed = {
            name: self._processors[name](value) if name in self._processors else value
            for name, value in compiled.params.items()
            if value is not None
        }
        self._changing = [name for name in compiled.params if name not in self._fixed]

    def run(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Rows as the driver gives them: for whole numbers and texts. [] for a statement that returns none."""
        given = dict(self._fixed)
        for name in self._changing:
            process = self._processors.get(name)
            given[name] = process(values[name]) if process else values[name]
        parameters: Any = tuple(given[name] for name in self._order) if self._order is not None else given
        result = connection.exec_driver_sql(self._sql, parameters)
        return list(result) if result.returns_rows else []
