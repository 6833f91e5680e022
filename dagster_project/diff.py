"""What readers would see change: the marts of a candidate build beside those that are published."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.sources.file_mapping import text_literal
from dagster_project.statistics.computing import declared_tables
from dagster_project.warehouse.session import date_literal
from dagster_project.warehouse.shown_days import ShownDays

REASONS = 3  # measures named for an account that changes band


@dataclass(frozen=True)
class MartDifference:
    """Rows of a mart by what becomes of them; `changed_columns` counts the changed rows by column."""

    mart: str
    rows_added: int
    rows_removed: int
    rows_changed: int
    changed_columns: dict[str, int] = field(default_factory=dict)
    new_columns: tuple[str, ...] = ()
    gone_columns: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """True where readers would see no change."""
        counts = self.rows_added, self.rows_removed, self.rows_changed
        return not any(counts) and not self.new_columns and not self.gone_columns


@dataclass(frozen=True)
class BandChange:
    """An account whose band is another on the newest day that both hold, and the measures that moved its score most."""

    account_id: str
    score_id: str
    old_band: str
    new_band: str
    old_score: Any
    new_score: Any
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Every mart compared, and the accounts that change band."""

    marts: list[MartDifference]
    band_changes: list[BandChange]


def mart_keys(manifest_path: Path) -> dict[str, list[str]]:
    """Columns that name a row of each public mart but the logs of runs: from the test that holds them unique, or as the
    table's YAML says where Python computes it."""
    nodes = json.loads(manifest_path.read_text(encoding="utf-8"))["nodes"]
    public = {
        unique_id: node["name"]
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model"
        and node["config"]["access"] == "public"
        and not node["config"]["meta"].get("is_run_log")
    }
    keys: dict[str, list[str]] = {}
    for node in nodes.values():
        test, mart = node.get("test_metadata") or {}, public.get(node.get("attached_node"))
        if mart and test.get("name") == "unique":
            keys.setdefault(mart, [node["column_name"]])
        elif mart and test.get("name") == "unique_combination":
            told = test["kwargs"]
            keys[mart] = list(told.get("columns") or told["arguments"]["columns"])
    keys = {mart: keys[mart] for mart in public.values() if mart in keys}
    keys |= {name: list(table.key) for name, table in declared_tables(manifest_path).items()}
    return dict(sorted(keys.items()))


def compare(candidate: Path, published: Path, keys: Mapping[str, Sequence[str]]) -> Comparison:
    """Compare the schema `marts` of a build file with a published file, row by row.

    Of a mart that shows readers some days, those days are compared, and what the candidate has after them.
    """
    shown_days = _shown_days(published)
    with duckdb.connect() as connection:
        connection.execute(f"attach {text_literal(str(candidate))} as candidate (read_only)")
        connection.execute(f"attach {text_literal(str(published))} as published (read_only)")
        found = [_compared(connection, mart, list(key), shown_days.get(mart)) for mart, key in keys.items()]
        return Comparison(found, band_changes(connection, "candidate.marts", "published.main"))


def _shown_days(published: Path) -> dict[str, ShownDays]:
    """The days of marts that do not show all, as the manifest beside the published file says."""
    path = published.with_name("manifest.json")
    if not path.exists():
        return {}
    manifest = json.loads(path.read_text(encoding="utf-8"))
    return {
        mart: ShownDays(told["range_column"], told["published_days"], date.fromisoformat(manifest["as_of_date"]))
        for mart, told in manifest["tables"].items()
        if "published_days" in told
    }


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    try:
        return [row[0] for row in connection.execute(f"describe {relation}").fetchall()]
    except duckdb.CatalogException:
        return []


def _compared(
    connection: duckdb.DuckDBPyConnection, mart: str, key: list[str], days: ShownDays | None
) -> MartDifference:
    new, old = f"candidate.marts.{mart}", f"published.main.{mart}"
    new_columns, old_columns = _columns(connection, new), _columns(connection, old)
    if not new_columns or not old_columns:
        counts = [
            _count(connection, name) if columns else 0 for name, columns in ((new, new_columns), (old, old_columns))
        ]
        return MartDifference(mart, counts[0], counts[1], 0)
    if days and days.column in new_columns:
        later = f"{days.column} > {date_literal(days.as_of_date)}"
        new = f"(select * from {new} where ({days.condition}) or {later})"
    shared = [name for name in new_columns if name in old_columns and name not in key]
    joined = " and ".join(f"n.{name} is not distinct from o.{name}" for name in key)
    changes = ", ".join(f"count(*) filter (where n.{name} is distinct from o.{name})" for name in shared) or "0"
    is_changed = " or ".join(f"n.{name} is distinct from o.{name}" for name in shared) or "false"
    matched = connection.execute(
        f"select count(*) filter (where {is_changed}), count(*), {changes} "
        f"from {new} as n inner join {old} as o on {joined}"
    ).fetchone()
    changed, both, *by_column = matched or (0, 0)
    return MartDifference(
        mart=mart,
        rows_added=_count(connection, new) - both,
        rows_removed=_count(connection, old) - both,
        rows_changed=changed,
        changed_columns={name: count for name, count in zip(shared, by_column, strict=False) if count},
        new_columns=tuple(name for name in new_columns if name not in old_columns),
        gone_columns=tuple(name for name in old_columns if name not in new_columns),
    )


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


def band_changes(connection: duckdb.DuckDBPyConnection, new: str, old: str, band: str = "band") -> list[BandChange]:
    """Accounts in another band on the newest day that both schemas have scored; `band` is the column compared."""
    rows = connection.execute(
        f"""
        with newest as (
            select least(
                (select max(score_date) from {new}.fct_health_scores),
                (select max(score_date) from {old}.fct_health_scores)
            ) as day
        ),
        changed as (
            select n.account_id, n.score_id, o.{band} as old_band, n.{band} as new_band,
                o.score as old_score, n.score as new_score, newest.day
            from newest
            inner join {new}.fct_health_scores as n on n.score_date = newest.day
            inner join {old}.fct_health_scores as o using (account_id, score_date, score_id)
            where n.{band} is distinct from o.{band}
        ),
        moved as (
            select c.*, m.measure_id, coalesce(n.contribution, 0) - coalesce(o.contribution, 0) as change,
                row_number() over (
                    partition by c.account_id, c.score_id
                    order by abs(coalesce(n.contribution, 0) - coalesce(o.contribution, 0)) desc, m.measure_id
                ) as place
            from changed as c
            cross join (select distinct measure_id from {new}.fct_health_score_components) as m
            left join {new}.fct_health_score_components as n
                on (n.account_id, n.score_id, n.score_date, n.measure_id)
                    = (c.account_id, c.score_id, c.day, m.measure_id)
            left join {old}.fct_health_score_components as o
                on (o.account_id, o.score_id, o.score_date, o.measure_id)
                    = (c.account_id, c.score_id, c.day, m.measure_id)
        )
        select account_id, score_id, old_band, new_band, old_score, new_score,
            list(measure_id || ' ' || printf('%+.2f', change) order by place)
                filter (where place <= {REASONS} and change <> 0)
        from moved group by all order by all
        """
    ).fetchall()
    return [
        BandChange(account, score_id, old_band, new_band, old_score, new_score, tuple(reasons or ()))
        for account, score_id, old_band, new_band, old_score, new_score, reasons in rows
    ]
