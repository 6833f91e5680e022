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
    """Every figure for every account and day, from facts of which one in a hundred came late."""
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
        f"'d' || (hash(n + 1) % 4) as department, "
        f"case hash(n + 2) % 4 when 0 then 'automation' when 1 then 'analysis' else 'entry' end as use_kind, "
        f"(1 + hash(n + 6) % 3)::int as use_count, (hash(n + 8) % 2)::int as device_use_count, "
        f"(hash(n + 8) % 2 * (hash(n + 9) % 2))::int as mobile_use_count, "
        f"(hash(n + 7) % 5)::int as record_change_count "
        f"from range({fact_count}) as t(n)"
    )
    connection.execute(
        f"create table intermediate.int_account_days_listed as select account_id, date_day from "
        f"(select distinct account_id from intermediate.int_usage_recent_facts) cross join "
        f"(select date '{FIRST_DAY}' + n::int as date_day from range({day_count}) as t(n))"
    )
    rivals = [
        Rival("bansou: spans and running sums", lambda: _summed(connection, ours)),
        Rival("DuckDB: every day joined to its 56 days", lambda: _summed(connection, RANGE_JOIN)),
    ]
    race(rivals, ROUNDS)
    connection.close()
    return Case(
        title=f"28-day windows: {fact_count:,} facts, {account_count} accounts × {day_count} days, "
        f"{len(FIGURES)} figures",
        rivals=rivals,
        note="Both give the same sum of each figure over all account days.",
        rounds=ROUNDS,
    )


IN_28_DAYS = "f.event_date > d.date_day - 28"
FIGURES = {
    "active_user_count_28d": f"count(distinct f.user_id) filter (where {IN_28_DAYS})",
    "active_user_count_7d": "count(distinct f.user_id) filter (where f.event_date > d.date_day - 7)",
    "active_user_day_count_28d": f"count(distinct (f.user_id, f.event_date)) filter (where {IN_28_DAYS})",
    "active_day_count_28d": f"count(distinct f.event_date) filter (where {IN_28_DAYS})",
    "active_department_count_28d": f"count(distinct f.department) filter (where {IN_28_DAYS})",
    "record_change_count_28d": f"sum(f.record_change_count) filter (where {IN_28_DAYS})",
    "use_count_28d": f"sum(f.use_count) filter (where {IN_28_DAYS})",
    "use_count_28d_before": f"sum(f.use_count) filter (where not {IN_28_DAYS})",
    "automation_use_count_28d": f"sum(f.use_count) filter (where f.use_kind = 'automation' and {IN_28_DAYS})",
    "analysis_use_count_28d": f"sum(f.use_count) filter (where f.use_kind = 'analysis' and {IN_28_DAYS})",
    "device_use_count_28d": f"sum(f.device_use_count) filter (where {IN_28_DAYS})",
    "mobile_use_count_28d": f"sum(f.mobile_use_count) filter (where {IN_28_DAYS})",
}
RANGE_JOIN = f"""
select d.account_id, d.date_day, {", ".join(f"coalesce({sql}, 0) as {name}" for name, sql in FIGURES.items())}
from intermediate.int_account_days_listed as d
left join intermediate.int_usage_recent_facts as f
    on
        d.account_id = f.account_id
        and f.event_date between d.date_day - 55 and d.date_day
        and f.known_date <= d.date_day
group by d.account_id, d.date_day
"""


def _summed(connection: duckdb.DuckDBPyConnection, sql: str) -> object:
    connection.execute(f"create or replace temp table counted as {sql}")
    sums = ", ".join(f"sum({name})" for name in FIGURES)
    return connection.execute(f"select count(*), {sums} from counted").fetchone()
