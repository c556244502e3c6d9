"""Statements of the hot path, run by the driver itself: SQLAlchemy compiles each once and lends it the types of its columns.

Left to SQLAlchemy, running one takes five times as long as SQLite takes for the work.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

Statement: TypeAlias = Select[*tuple[Any, ...]] | Insert | Update
Values: TypeAlias = Mapping[str, Any]
Convert: TypeAlias = Callable[[Any], Any]


def run(connection: Connection, statement: Statement, values: Values) -> list[tuple[Any, ...]]:
    """Run a statement that was made once, with values for its named parameters or columns, and return its rows.

    Raises what SQLAlchemy raises. Lists for IN and the defaults of columns are SQLAlchemy's own: they are not filled in here.
    """
    ready = _ready(statement, connection.dialect, tuple(values))
    try:
        cursor = connection.connection.cursor()
        cursor.execute(ready.sql, ready.bound(values))
        return ready.read(cursor.fetchall()) if ready.results else []
    except connection.dialect.loaded_dbapi.Error as mistake:
        raise _as_sqlalchemy(mistake, connection.dialect) from mistake


def run_each(connection: Connection, statement: Statement, rows: Sequence[Values]) -> None:
    """Run a statement that returns nothing for each row; all rows name the same columns. Raises what SQLAlchemy raises."""
    if not rows:
        return
    ready = _ready(statement, connection.dialect, tuple(rows[0]))
    try:
        connection.connection.cursor().executemany(ready.sql, [ready.bound(row) for row in rows])
    except connection.dialect.loaded_dbapi.Error as mistake:
        raise _as_sqlalchemy(mistake, connection.dialect) from mistake


@dataclass(frozen=True, slots=True)
class _Ready:
    """A compiled statement. `fixed` are values that stand in it already, `order` the positions where the driver counts parameters."""

    sql: str
    fixed: Values
    order: tuple[str, ...] | None
    bind: tuple[tuple[str, Convert], ...]
    results: tuple[Convert | None, ...]

    def bound(self, values: Values) -> Any:
        """The parameters as the driver wants them."""
        given = {**self.fixed, **values}
        for name, convert in self.bind:
            given[name] = convert(given[name])
        return given if self.order is None else [given[name] for name in self.order]

    def read(self, rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """The rows in the types of the program."""
        return [tuple([convert(value) if convert else value for convert, value in zip(self.results, row, strict=True)]) for row in rows]


@lru_cache
def _ready(statement: Statement, dialect: Dialect, names: tuple[str, ...]) -> _Ready:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    processors = {name: parameter.type.dialect_impl(dialect).bind_processor(dialect) for parameter, name in compiled.bind_names.items()}
    return _Ready(
        sql=compiled.string,
        fixed={name: value for name, value in compiled.params.items() if name not in names},
        order=tuple(compiled.positiontup) if compiled.positiontup else None,
        bind=tuple((name, convert) for name, convert in processors.items() if convert),
        results=tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in statement.exported_columns),
    )


def _as_sqlalchemy(mistake: Exception, dialect: Dialect) -> BaseException:
    return DBAPIError.instance(None, None, mistake, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect)
