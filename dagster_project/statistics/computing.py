"""Which statistics there are, what each reads, and how they are read, computed and written."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_project.statistics.conversion import conversion_by_speed
from dagster_project.statistics.funnel import funnel_of_steps
from dagster_project.statistics.ladder_retention import ladder_retention
from dagster_project.statistics.time_to_value import time_to_value
from dagster_project.warehouse.interface import MadeTable, Warehouse, WarehouseError

SCHEMA = "marts"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Statistic:
    """A table that is computed: `reads` gives the columns of each relation, in the order of `compute`'s arguments."""

    reads: Mapping[str, Sequence[str]]
    compute: Callable[..., list[dict[str, Any]]]


STATISTICS = {
    "kpi_onboarding_conversion": Statistic(
        {
            "intermediate.int_trials_judged": ("segment", "onboarding_speed", "is_converted", "is_open"),
            "reference.benchmarks": ("benchmark_id", "value"),
        },
        conversion_by_speed,
    ),
    "kpi_onboarding_funnel": Statistic(
        {
            "marts.fct_onboarding_steps": (
                *("segment", "step_id", "step_number", "is_observed_from_start", "is_reached", "is_stuck"),
                *("days_from_start", "observed_days"),
            )
        },
        funnel_of_steps,
    ),
    "kpi_time_to_value": Statistic(
        {
            "marts.fct_onboarding": (
                *("segment", "first_contract_date", "is_observed_from_start", "is_first_success_reached"),
                *("days_to_first_success", "observed_days", "left_date"),
            )
        },
        time_to_value,
    ),
    "kpi_ladder_retention": Statistic(
        {
            "intermediate.int_ladder_retention_counted": (
                *("rung", "deadline_weeks", "is_target", "reached_count", "reached_renewed_count"),
                *("other_count", "other_renewed_count", "open_count"),
            )
        },
        ladder_retention,
    ),
}


@dataclass(frozen=True)
class DeclaredTable:
    """A statistic's table as its YAML declares it; `columns` gives each type as a table is created with it."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: Mapping[str, str]


def declared_tables(manifest_path: Path) -> dict[str, DeclaredTable]:
    """The tables of the statistics by name, from dbt's manifest."""
    sources = json.loads(manifest_path.read_text(encoding="utf-8"))["sources"].values()
    return {
        node["name"]: DeclaredTable(
            name=node["name"],
            description=" ".join(node["description"].split()),
            key=tuple(node["config"]["meta"]["key"]),
            columns={
                name: f"{told['data_type']}{' not null' if told['config']['meta'].get('is_required') else ''}"
                for name, told in node["columns"].items()
            },
        )
        for node in sources
        if node["config"]["meta"].get("is_mart")
    }


def write_statistics(
    warehouse: Warehouse, tables: Mapping[str, DeclaredTable], *, leaves_out_unbuilt: bool = False
) -> dict[str, int]:
    """Compute the statistics and put them in place of the former ones, all at once; the number of rows by table.

    Raises:
        WarehouseError: what a statistic reads is not built, and none is to be left out; or one gives another column
            than its YAML, or two rows with one key.
    """
    standing = {
        f"{row['table_schema']}.{row['table_name']}"
        for row in warehouse.rows("select table_schema, table_name from information_schema.tables")
    }
    unbuilt = {name for name, statistic in STATISTICS.items() if not standing.issuperset(statistic.reads)}
    if unbuilt and not leaves_out_unbuilt:
        raise WarehouseError(f"What {', '.join(sorted(unbuilt))} read is not built: build the models first.")
    made = [
        _made(tables[name], statistic.compute(*(_read(warehouse, *told) for told in statistic.reads.items())))
        for name, statistic in STATISTICS.items()
        if name not in unbuilt
    ]
    warehouse.replace_tables(SCHEMA, made)
    return {table.name: len(table.rows) for table in made}


def _read(warehouse: Warehouse, relation: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    listed = ", ".join(columns)
    return warehouse.rows(f"select {listed} from {relation} order by {listed}")


def _made(table: DeclaredTable, rows: Sequence[Row]) -> MadeTable:
    for row in rows:
        if row.keys() != table.columns.keys():
            differing = ", ".join(sorted(row.keys() ^ table.columns.keys()))
            raise WarehouseError(f"{table.name} and its YAML differ in {differing}: bring them together.")
    keys = [tuple(row[name] for name in table.key) for row in rows]
    if len(set(keys)) < len(keys):
        raise WarehouseError(f"{table.name} has two rows with one {', '.join(table.key)}: mend what it reads.")
    return MadeTable(table.name, table.columns, [[row[name] for name in table.columns] for row in rows])
