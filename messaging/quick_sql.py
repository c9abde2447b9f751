"""A statement of SQLAlchemy's that is turned into SQL once, for the few that run thousands of times a minute.

It runs on an ordinary connection, in its transaction and with its errors; only the work of building it is saved.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Table, Text, bindparam, cast, column, func, select, true
from sqlalchemy.dialects import postgresql, sqlite


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


def insert_rows(table: Table, names: Sequence[str], dialect: Dialect) -> Any:
    """An INSERT that knows ON CONFLICT, of rows bound as "rows" by as_rows(): one text of SQL for any number of them.

    `names` are those of the columns; the others get the database's own value.
    """
    if dialect.name == "sqlite":
        each = func.json_each(bindparam("rows", type_=Text)).table_valued("value", name="given")
        values = [func.json_extract(each.c.value, f"$.{name}") for name in names]
        return sqlite.insert(table).from_select(names, select(*values).where(true()), include_defaults=False)
    typed = [column(name, table.c[name].type) for name in names]
    rows = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON)).table_valued(*typed, name="given")
    given = rows.render_derived(with_types=True)
    return postgresql.insert(table).from_select(names, select(*given.c), include_defaults=False)


def as_rows(rows: Iterable[Mapping[str, Any]], dialect: Dialect) -> str:
    """No text in them may hold a NUL, which PostgreSQL refuses."""
    return json.dumps(list(rows), default=_moment_on_sqlite if dialect.name == "sqlite" else datetime.isoformat)


def _moment_on_sqlite(moment: datetime) -> str:
    """As db.UtcDateTime stores it: text, in UTC and without saying so."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
