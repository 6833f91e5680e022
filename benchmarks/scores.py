"""Scores as dbt compiles them, from the values of every measure on, against one wide query that gives only the totals.

Each way runs in a process of its own on two threads, so that its memory is its own.
"""

import csv
import json
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from benchmarks.business_hours import KIBIBYTES_PER_MEBIBYTE
from benchmarks.timing import measured_way
from benchmarks.usage_daily import compiled_models
from dagster_project.configuration import SEEDS_DIR
from dagster_project.settings import DBT_PROJECT_DIR, PROJECT_ROOT, load_settings
from dagster_project.warehouse import open_warehouse

# Days that no world has; a run's own are put in their place.
FROM, TO = date(1901, 1, 1), date(1902, 2, 2)
DAY = date(2026, 6, 30)
STAGE = "established"
VIEWS = ("int_measures_united", "int_measures_listed", "int_score_components_weighted")
MODELS = (
    *("int_curve_segments", "int_weights_profiled", "int_registry_versions", "int_measure_points_read"),
    *("int_measure_points_compared", "int_health_scores_summed", "int_health_scores_banded"),
    *("int_score_changes_explained", "int_score_reasons_ranked", "int_score_reasons_worded"),
    *("int_score_overrides_dated", "fct_health_scores", "fct_health_score_components"),
)
HISTORIES = ("int_measure_points_read", "int_health_scores_summed")


@dataclass(frozen=True)
class Size:
    """Accounts scored on some days in one pass, with the day 7 and 28 days before the first already there."""

    account_count: int
    day_count: int
    rounds: int

    @property
    def first_day(self) -> date:
        """The first of the days that are scored."""
        return DAY - timedelta(days=self.day_count - 1)

    @property
    def days_before(self) -> list[date]:
        """Days whose points the first one is compared with."""
        return [self.first_day - timedelta(days=days) for days in (28, 7)]


SIZES = (Size(20_000, 1, 3), Size(2_000, 365, 1))


class UnequalScoresError(Exception):
    """The two ways give other totals."""


def show(folder: Path, console: Console, sizes: tuple[Size, ...] = SIZES) -> None:
    """Time both ways in turn for each size, and print a table for each."""
    for size in sizes:
        home = folder / f"scores{size.account_count}x{size.day_count}"
        told = [str(size.account_count), str(size.day_count), str(size.rounds), str(home)]
        measure_count = measured_way("scores", "prepare", *told)["measure_count"]
        found: dict[str, list[dict[str, Any]]] = {"ours": [], "floor": []}
        for _ in range(size.rounds):
            for way, rounds in found.items():
                rounds.append(measured_way("scores", way, *told))
        ours, floor = found["ours"][0], found["floor"][0]
        if ours["total"] != floor["total"]:
            raise UnequalScoresError(f"The ways disagree: {ours} {floor}")
        table = Table(
            "who",
            title=f"Scores: {size.account_count:,} accounts × {measure_count} measures × {size.day_count:,} days "
            f"({size.rounds} rounds, in turn)",
            title_justify="left",
        )
        for column in ("seconds", "÷ floor", "peak MiB"):
            table.add_column(column, justify="right")
        least = median(each["seconds"] for each in found["floor"])
        names = {
            "ours": "bansou: points, components, both scores, bands, changes, reasons",
            "floor": "DuckDB: one wide query in doubles, both totals alone (floor)",
        }
        for way, rounds in found.items():
            seconds, peak = median(each["seconds"] for each in rounds), max(each["peak"] for each in rounds)
            table.add_row(names[way], f"{seconds:.2f}", f"{seconds / least:.2f}", f"{peak:,.0f}")
        console.print(table)
        console.print(
            f"{ours['component_count']:,} components, {ours['score_count']:,} scores; both give the same total. "
            f"By step: {', '.join(f'{name} {seconds:.1f} s' for name, seconds in ours['steps'].items())}"
        )


def prepare(home: Path, size: Size) -> int:
    """Make a build file with measures as they stand on each day, and the models' SQL beside it; how many measures."""
    config = PROJECT_ROOT / "examples" / "files" / "bansou.toml"
    settings = load_settings({"BANSOU_HOME": str(home), "BANSOU_CONFIG": str(config)})
    open_warehouse(settings).prepare(["files"])
    compiled = compiled_models(settings, "path:models/marts/scores", FROM, TO)
    manifest = json.loads((settings.dbt_target_dir / "manifest.json").read_text(encoding="utf-8"))
    measures = {
        node["name"]: [name for name, column in node["columns"].items() if column["config"]["meta"].get("is_measure")]
        for node in manifest["nodes"].values()
        if node["name"].endswith("_measures_calculated")
    }
    flags = {
        node["name"]: sorted(
            {
                column["config"]["meta"]["applies_where"]
                for column in node["columns"].values()
                if column["config"]["meta"].get("applies_where")
            }
        )
        for node in manifest["nodes"].values()
        if node["name"].endswith("_measures_calculated")
    }
    (home / "models.json").write_text(json.dumps({"compiled": compiled, "measures": measures}), encoding="utf-8")
    with duckdb.connect(settings.build_path) as connection:
        for schema in ("intermediate", "marts", "reference"):
            connection.execute(f"create schema if not exists {schema}")
        _seed(connection)
        _fill(connection, size, measures, flags)
        for view in VIEWS:
            if view != "int_score_components_weighted":
                connection.execute(f"create view intermediate.{view} as {_of(compiled, view, FROM, TO)}")
        for day in size.days_before:
            _score(connection, compiled, day, day)
    return sum(len(columns) for columns in measures.values())


def _seed(connection: duckdb.DuckDBPyConnection) -> None:
    """The registry as it stands, in the types that its YAML names."""
    import yaml  # noqa: PLC0415

    told = yaml.safe_load((DBT_PROJECT_DIR / "seeds" / "_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    for seed in told:
        types = ", ".join(
            f"'{name}': '{kind}'" for name, kind in seed.get("config", {}).get("column_types", {}).items()
        )
        given = f", types = {{{types}}}" if types else ""
        connection.execute(
            f"create table reference.{seed['name']} as select * from "
            f"read_csv('{SEEDS_DIR / seed['name']}.csv', header = true, delim = ',', quote = '\"'{given})"
        )


def _fill(
    connection: duckdb.DuckDBPyConnection,
    size: Size,
    measures: Mapping[str, list[str]],
    flags: Mapping[str, list[str]],
) -> None:
    """Each measure somewhere on its curve, a tenth of the values missing; two segments, one stage."""
    connection.execute(
        f"create table intermediate.int_account_days_listed as select 'A' || n as account_id, date_day, "
        f"case when n % 3 = 0 then 'enterprise' else 'smb' end as segment, '{STAGE}' as stage_id, "
        f"10 as seat_count, 400 as age_days, date '2020-01-01' as first_contract_date "
        f"from range({size.account_count}) as t(n), (select range::date as date_day from range("
        f"date '{size.first_day}', date '{DAY + timedelta(days=1)}', interval 1 day) union all "
        f"select unnest([{', '.join(f'''date '{day}' ''' for day in size.days_before)}])) as days "
        f"order by date_day, n"
    )
    ends = {
        name: (least, most)
        for name, least, most in connection.execute(
            "select measure_id, min(knot_value)::double, max(knot_value)::double "
            "from reference.health_curves group by all"
        ).fetchall()
    }
    for model, columns in measures.items():
        made = [
            f"case when hash(account_id, date_day, '{name}') % 10 > 0 then ({ends[name][0]} + "
            f"(hash(account_id, date_day, '{name}!') % 1000) / 900.0 * {ends[name][1] - ends[name][0]})"
            f"::numeric(18, 6) end as {name}"
            for name in columns
        ]
        made += [f"true as {name}" for name in flags[model]]
        connection.execute(
            f"create table intermediate.{model} as select account_id, date_day, {', '.join(made)} "
            f"from intermediate.int_account_days_listed"
        )
    connection.execute(
        "create table intermediate.int_columns_fed as "
        "select distinct unnest(split(required_inputs, ' ')) as input_column from reference.health_measures"
    )
    connection.execute("create table intermediate.int_entities_held (entity text, date_day date)")
    connection.execute(
        "create table intermediate.int_account_versions as select unnest(['smb', 'enterprise']) as segment"
    )
    connection.execute(
        "create table intermediate.int_score_override_versions (account_id text, score_id text, override_id text, "
        "owner_id text, override_score numeric(18, 6), override_band text, start_date date, end_date date, "
        "valid_from_date date, valid_to_date date)"
    )


def _of(compiled: Mapping[str, str], model: str, first: date, last: date) -> str:
    return compiled[model].replace(FROM.isoformat(), first.isoformat()).replace(TO.isoformat(), last.isoformat())


def _score(
    connection: duckdb.DuckDBPyConnection, compiled: Mapping[str, str], first: date, last: date
) -> dict[str, float]:
    """Every table from the measures' values to the marts; seconds of each."""
    steps = {}
    for model in MODELS:
        started = time.perf_counter()
        schema = "marts" if model.startswith("fct_") else "intermediate"
        sql = _of(compiled, model, first, last)
        if model == "int_measure_points_read":
            # The run's own days, as a run finds them in the measure models.
            sql = f"select * from ({sql}) as made where date_day between date '{first}' and date '{last}'"
        if model in HISTORIES and _exists(connection, model):
            connection.execute(f"insert into intermediate.{model} by name {sql}")
        else:
            connection.execute(f"create or replace table {schema}.{model} as {sql}")
        if model == "int_measure_points_compared":
            view = "int_score_components_weighted"
            connection.execute(f"create or replace view intermediate.{view} as {_of(compiled, view, first, last)}")
        steps[model] = time.perf_counter() - started
    return steps


def _exists(connection: duckdb.DuckDBPyConnection, model: str) -> bool:
    found = connection.execute("select 1 from duckdb_tables() where table_name = ?", [model]).fetchone()
    return found is not None


def _floor(measures: Mapping[str, list[str]]) -> str:
    """Both totals of each account and day in one query, by the registry's curves and weights written into it."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for row in _rows("health_curves"):
        curves.setdefault(row["measure_id"], []).append((float(row["knot_value"]), float(row["points"])))
    applying = {
        row["measure_id"] for row in _rows("health_measures") if STAGE in row["stages"].replace("*", STAGE).split()
    }
    weights = {
        (row["score_id"], row["measure_id"]): float(row["weight"])
        for row in _rows("health_weights")
        if row["segment"] == row["stage"] == "*" and row["measure_id"] in applying
    }
    points = [f"{_points(name, curves[name])} as {name}" for columns in measures.values() for name in columns]
    tables = " inner join ".join(
        f"intermediate.{model}" + (" using (account_id, date_day)" if number else "")
        for number, model in enumerate(measures)
    )
    totals = []
    for score_id in ("usage", "health"):
        weighed = [(name, weight) for (score, name), weight in weights.items() if score == score_id]
        top = " + ".join(f"coalesce({name}, 0) * {weight}" for name, weight in weighed)
        bottom = " + ".join(f"if({name} is null, 0, {weight})" for name, weight in weighed)
        totals.append(f"({top}) / nullif({bottom}, 0) as {score_id}")
    return (
        f"select account_id, date_day, {', '.join(totals)} from ("
        f"select account_id, date_day, {', '.join(points)} from {tables} "
        f"where date_day between date '{{first}}' and date '{{last}}') as points"
    )


def _points(name: str, knots: list[tuple[float, float]]) -> str:
    pieces = [f"when {name} <= {knots[0][0]} then {knots[0][1]}"]
    for (low, low_points), (high, high_points) in pairwise(knots):
        slope = (high_points - low_points) / (high - low)
        pieces.append(f"when {name} < {high} then {low_points} + ({name}::double - {low}) * {slope}")
    return f"case {' '.join(pieces)} when {name} is not null then {knots[-1][1]} end"


def _rows(seed: str) -> Iterator[dict[str, str]]:
    with (SEEDS_DIR / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _run(way: str, size: Size, home: Path) -> dict[str, Any]:
    """One way, start to end."""
    if way == "prepare":
        return {"measure_count": prepare(home, size)}
    told = json.loads((home / "models.json").read_text(encoding="utf-8"))
    with duckdb.connect(home / "build" / "warehouse.duckdb") as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 2")
        found: dict[str, Any] = {}
        if way == "ours":
            within = f"between date '{size.first_day}' and date '{DAY}'"
            for model, column in zip(HISTORIES, ("date_day", "score_date"), strict=True):
                connection.execute(f"delete from intermediate.{model} where {column} {within}")
            started = time.perf_counter()
            found["steps"] = _score(connection, told["compiled"], size.first_day, DAY)
            found["seconds"] = time.perf_counter() - started
            counted = connection.execute("select count(*) from marts.fct_health_score_components").fetchone()
            found["component_count"] = counted[0] if counted else 0
            totals = "marts.fct_health_scores"
            query = f"select count(*), round(sum(score), 1)::text from {totals} where score is not null"
        else:
            sql = _floor(told["measures"]).format(first=size.first_day, last=DAY)
            started = time.perf_counter()
            connection.execute(f"create temp table totals as {sql}")
            found["seconds"] = time.perf_counter() - started
            query = (
                "select count(*), round(sum(score), 1)::numeric(18, 1)::text from (select usage as score from totals "
                "union all select health from totals) where score is not null"
            )
        row = connection.execute(query).fetchone() or (0, "")
    found["score_count"], found["total"] = row[0], f"{row[0]} {float(row[1]):.0f}"
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTES_PER_MEBIBYTE
    return found


if __name__ == "__main__":
    _, asked, accounts, days, round_count, place = sys.argv
    print(json.dumps(_run(asked, Size(int(accounts), int(days), int(round_count)), Path(place))))
