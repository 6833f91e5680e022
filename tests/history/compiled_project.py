"""The dbt project as compiled SQL, so that a test can build any range of days in a second, in one process."""

import json
from dataclasses import dataclass
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from tests.conftest import World

# Days that no world has; a build puts its own in their place.
FROM, TO, AS_OF = date(1901, 1, 1), date(1902, 2, 2), date(1903, 3, 3)


@dataclass(frozen=True)
class Table:
    """A table that a build fills; `range_column` where it keeps the days outside of the build."""

    name: str
    sql: str
    range_column: str | None


def compiled_tables(world: World) -> list[Table]:
    """Every table of the project in the order in which it is built. The world's own build must stand."""
    world.dbt("compile", first=FROM, last=TO, as_of=AS_OF)
    manifest = json.loads((world.home / "build" / "dbt" / "manifest.json").read_text())
    models = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    order = TopologicalSorter({name: node["depends_on"]["nodes"] for name, node in models.items()}).static_order()
    return [
        Table(
            name=f"{node['schema']}.{node['name']}",
            sql=node["compiled_code"],
            range_column=node["config"]["meta"].get("range_column"),
        )
        for node in (models[name] for name in order if name in models)
        if node["config"]["materialized"] in {"table", "incremental"}
    ]


def empty(connection: duckdb.DuckDBPyConnection, tables: list[Table]) -> None:
    """Take every row out of the tables."""
    for table in tables:
        connection.execute(f"delete from {table.name}")


def build(connection: duckdb.DuckDBPyConnection, tables: list[Table], first: date, last: date) -> None:
    """What `dbt build` does to the tables for a range of days, as of its last one."""
    for table in tables:
        sql = table.sql
        for stand_in, day in ((FROM, first), (TO, last), (AS_OF, last)):
            sql = sql.replace(stand_in.isoformat(), day.isoformat())
        days = f"where {table.range_column} between date '{first}' and date '{last}'" if table.range_column else ""
        columns = ", ".join(row[0] for row in connection.execute(f"describe {table.name}").fetchall())
        connection.execute(f"create or replace temp table made as select {columns} from ({sql}) as made_rows")
        connection.execute(f"delete from {table.name} {days}")
        connection.execute(f"insert into {table.name} ({columns}) select {columns} from made")


def contents(path: Path, tables: list[Table]) -> dict[str, list[tuple[object, ...]]]:
    """Rows of the marts and of every daily table, in a fixed order."""
    with duckdb.connect(path, read_only=True) as connection:
        return {
            table.name: connection.execute(f"select * from {table.name} order by all").fetchall()
            for table in tables
            if table.range_column or table.name.startswith("marts.")
        }
