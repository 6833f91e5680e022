"""Two published sets beside each other: where they differ, column by column."""

from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

# They tell of the run, not of the customers.
ABOUT_RUNS = frozenset({"mart_run_history", "mart_data_quality"})


def differences(
    one: Path,
    other: Path,
    allowed: Mapping[str, Collection[str]],
    left_out: Collection[str] = (),
    conditions: Mapping[str, str] | None = None,
) -> dict[str, dict[str, int]]:
    """Rows that only one of two `published` folders has, by mart and column; `""` where whole rows differ.

    `allowed` names columns, by mart, in which the two may differ; `conditions` gives SQL for the rows to be compared,
    by a column that a mart has.
    """
    found: dict[str, dict[str, int]] = {}
    with duckdb.connect() as connection:
        for name, folder in (("a", one), ("b", other)):
            connection.execute(f"attach '{folder.resolve() / 'marts.duckdb'}' as {name} (read_only)")
        columns: dict[str, list[str]] = {}
        every: dict[str, set[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'a' and schema_name = 'main'"
        ).fetchall():
            every.setdefault(table, set()).add(column)
            if table not in {*ABOUT_RUNS, *left_out} and column not in allowed.get(table, ()):
                columns.setdefault(table, []).append(column)
        for table, names in columns.items():
            told = [condition for column, condition in (conditions or {}).items() if column in every[table]]
            where = " and ".join(told) or "true"
            count = _count(connection, table, ", ".join(names), where)
            if count:
                by_column = {name: _count(connection, table, name, where) for name in names}
                found[table] = {name: number for name, number in by_column.items() if number} or {"": count}
    return found


def _count(connection: duckdb.DuckDBPyConnection, table: str, columns: str, where: str) -> int:
    rows = [f"select {columns} from {name}.{table} where {where}" for name in ("a", "b")]
    only = [f"select count(*) from ({first} except all {second})" for first, second in (rows, rows[::-1])]
    [(count,)] = connection.execute(f"select ({only[0]}) + ({only[1]})").fetchall()
    return int(count)
