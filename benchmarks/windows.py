"""The figures of `int_usage_windows_counted` as dbt compiles them, against the join of every day to its 28 days."""

from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.timing import Case, Rival, race
from benchmarks.usage_daily import compiled_models
from dagster_project.settings import load_settings
from dagster_project.warehouse import open_warehouse

FIRST_DAY = date(2025, 1, 1)
USERS_EACH = 20
ROUNDS = 3


def measure(folder: Path, fact_count: int, account_count: int, day_count: int) -> Case:
    """Five figures for every account and day, from facts of which one in a hundred came late."""
    settings = load_settings({"BANSOU_HOME": str(folder / "windows")})
    open_warehouse(settings).prepare(["files"])
    last = FIRST_DAY + timedelta(days=day_count - 1)
    ours = compiled_models(settings, "int_usage_windows_counted", FIRST_DAY, last)["int_usage_windows_counted"]
    connection = duckdb.connect(settings.build_path)
    connection.execute("create schema intermediate")
    connection.execute(
        f"create table intermediate.int_usage_recent_facts as select 'A' || (hash(n) % {account_count}) as account_id, "
        f"'A' || (hash(n) % {account_count}) || 'U' || (hash(n + 1) % {USERS_EACH}) as user_id, "
        f"'f' || (hash(n + 2) % 20) as feature_id, "
        f"date '{FIRST_DAY}' + (hash(n + 3) % {day_count})::int as event_date, "
        f"event_date + case when hash(n + 4) % 100 = 0 then 1 + (hash(n + 5) % 3)::int else 0 end as known_date, "
        f"(hash(n + 6) % 600)::int as active_seconds, (hash(n + 7) % 5)::int as record_change_count "
        f"from range({fact_count}) as t(n)"
    )
    connection.execute(
        "create table intermediate.int_core_feature_facts as select distinct account_id, feature_id, event_date, "
        "known_date from intermediate.int_usage_recent_facts where feature_id in ('f1', 'f2', 'f3', 'f4', 'f5')"
    )
    connection.execute(
        f"create table intermediate.int_account_days_listed as select account_id, date_day from "
        f"(select distinct account_id from intermediate.int_usage_recent_facts) cross join "
        f"(select date '{FIRST_DAY}' + n::int as date_day from range({day_count}) as t(n))"
    )
    rivals = [
        Rival("bansou: spans and running sums", lambda: _summed(connection, ours)),
        Rival("DuckDB: every day joined to its 28 days", lambda: _summed(connection, RANGE_JOIN)),
    ]
    race(rivals, ROUNDS)
    connection.close()
    return Case(
        title=f"28-day windows: {fact_count:,} facts, {account_count} accounts × {day_count} days, five figures",
        rivals=rivals,
        note="Both give the same sum of each figure over all account days.",
        rounds=ROUNDS,
    )


RANGE_JOIN = """
select
    d.account_id,
    d.date_day,
    count(distinct f.user_id) as active_user_count_28d,
    count(distinct f.event_date) as active_day_count_28d,
    count(distinct f.feature_id) filter (where f.feature_id in ('f1', 'f2', 'f3', 'f4', 'f5'))
        as core_feature_count_28d,
    coalesce(sum(f.active_seconds) filter (where f.event_date > d.date_day - 7), 0) as active_seconds_7d,
    coalesce(sum(f.record_change_count), 0) as record_change_count_28d
from intermediate.int_account_days_listed as d
left join intermediate.int_usage_recent_facts as f
    on
        d.account_id = f.account_id
        and f.event_date between d.date_day - 27 and d.date_day
        and f.known_date <= d.date_day
group by d.account_id, d.date_day
"""


def _summed(connection: duckdb.DuckDBPyConnection, sql: str) -> object:
    connection.execute(f"create or replace temp table counted as {sql}")
    return connection.execute(
        "select count(*), sum(active_user_count_28d), sum(active_day_count_28d), sum(core_feature_count_28d), "
        "sum(active_seconds_7d), sum(record_change_count_28d) from counted"
    ).fetchone()
