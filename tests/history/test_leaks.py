"""What is told after a day, or tells of an end, moves no score, signal or phase of it; what looks at it is caught."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.replay import FROZEN_MARTS
from tests.conftest import World
from tests.history.compiled_project import Table, build, compiled_tables

# What is frozen, with the column of its day.
FROZEN = {f"marts.{mart}": day for mart, (day, _) in FROZEN_MARTS.items()} | {
    "intermediate.int_signals_found": "date_day",
    "intermediate.int_signal_episodes_found": "date_day",
    "intermediate.int_support_phases_found": "date_day",
}
FIRST, DAY, LAST = date(2026, 5, 22), date(2026, 6, 10), date(2026, 6, 30)
# One live account, whose end is told on the day.
VICTIM = "(select min(account_id) from marts.dim_accounts where is_live and health_score is not null)"
TOLD_AT = "timestamp '2026-06-10 09:00:00'"
INJECTED = {
    "rows_dated_after_the_day": "insert into raw.files_usage_events select * replace ("
    "event_id || '-later' as event_id, _record_key || '-later' as _record_key, "
    "event_at + interval 15 day as event_at, _known_at + interval 15 day as _known_at) "
    "from raw.files_usage_events where event_at between timestamp '2026-06-01' and timestamp '2026-06-14'",
    "work_told_after_the_day": "insert into raw.files_tasks by name select 'later' as task_id, "
    f"{VICTIM} as account_id, 'visit' as task_kind, date '2026-06-09' as done_date, 'crm:later' as _record_key, "
    "'crm' as _source_name, 1 as _load_number, timestamp '2026-06-12 09:00:00' as _known_at",
    "a_cancel_notice": "insert into raw.files_churn_notices by name select 'leak' as churn_notice_id, "
    f"{VICTIM} as account_id, date '2026-06-10' as notice_date, date '2026-06-20' as churn_date, 'crm:leak' as "
    f"_record_key, 'crm' as _source_name, 1 as _load_number, {TOLD_AT} as _known_at",
    "a_churn_date": "insert into raw.files_contract_outcomes by name select contract_id, account_id, 'churned' as "
    "outcome, date '2026-06-20' as due_date, date '2026-06-10' as decided_date, 'crm:leak' as _record_key, "
    f"'crm' as _source_name, 1 as _load_number, {TOLD_AT} as _known_at from raw.files_contracts "
    f"where account_id = {VICTIM} order by start_date desc limit 1",
}
# A measure that is wrong on purpose: it drops to nothing once the account's end is known.
LEAKY = (
    "select m.* replace (case when exists (select 1 from {table} as t where t.account_id = m.account_id "
    "and t.known_date <= m.date_day) then 0 else m.active_seat_rate_28d end as active_seat_rate_28d) from ({sql}) as m"
)
# A signal that is wrong on purpose: of an account whose end is known it says the contrary about its champion.
LEAKY_SIGNAL = (
    "select m.* replace (case when exists (select 1 from {table} as t where t.account_id = m.account_id and "
    "t.known_date <= m.date_day) then 1 - least(m.champion_count, 1) else m.champion_count end as champion_count) "
    "from ({sql}) as m"
)
Rows = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True)
class Case:
    """A world's build, and the SQL of its tables."""

    path: Path
    tables: list[Table]


@pytest.fixture(scope="module")
def case(tiny_world: World, tmp_path_factory: pytest.TempPathFactory) -> Case:
    world = tiny_world.copy(tmp_path_factory.mktemp("leaks") / "home")
    return Case(world.home / "build" / "warehouse.duckdb", compiled_tables(world))


def _frozen_after(case: Case, folder: Path, injected: str, leaks: Mapping[str, str]) -> tuple[Rows, Rows]:
    """Rows of what is frozen up to the day, and after it, once rows are injected and every day is built again. `leaks`
    gives SQL for tables that are wrong on purpose, around `{sql}`."""
    path = folder / "warehouse.duckdb"
    shutil.copyfile(case.path, path)
    tables = [
        replace(table, sql=leaks[table.name].replace("{sql}", table.sql)) if table.name in leaks else table
        for table in case.tables
    ]
    sides = []
    with duckdb.connect(path) as connection:
        connection.execute("set TimeZone = 'UTC'")
        changed = connection.execute(injected).fetchone()
        assert changed is not None
        assert changed[0] > 0, "nothing was injected"
        build(connection, tables, FIRST, LAST)
        for where in (f"<= date '{DAY}'", f"> date '{DAY}'"):
            sides.append(
                {
                    table: connection.execute(f"select * from {table} where {day} {where} order by all").fetchall()
                    for table, day in FROZEN.items()
                }
            )
    return sides[0], sides[1]


@pytest.fixture(scope="module")
def stored(case: Case, tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, Rows]:
    unchanged = "update raw.files_accounts set account_name = account_name"
    return _frozen_after(case, tmp_path_factory.mktemp("stored"), unchanged, {})


@pytest.mark.parametrize("later", ["rows_dated_after_the_day", "work_told_after_the_day"])
def test_later_rows_move_nothing_before_them(case: Case, stored: tuple[Rows, Rows], tmp_path: Path, later: str) -> None:
    before, after = _frozen_after(case, tmp_path, INJECTED[later], {})
    assert before == stored[0]
    assert after != stored[1], "later days read them"


@pytest.mark.parametrize("leak", ["a_cancel_notice", "a_churn_date"])
def test_what_became_of_an_account_moves_nothing(
    case: Case, stored: tuple[Rows, Rows], tmp_path: Path, leak: str
) -> None:
    assert _frozen_after(case, tmp_path, INJECTED[leak], {}) == stored


@pytest.mark.parametrize(
    ("leak", "table"),
    [("a_cancel_notice", "input.input_churn_notices"), ("a_churn_date", "input.input_contract_outcomes")],
)
@pytest.mark.parametrize(
    ("leaky", "sql"),
    [
        ("intermediate.int_people_measures_calculated", LEAKY),
        ("intermediate.int_stakeholders_counted", LEAKY_SIGNAL),
    ],
)
def test_what_reads_it_is_noticed(  # noqa: PLR0917 - the world, and what is wrong in it
    case: Case, stored: tuple[Rows, Rows], tmp_path: Path, leak: str, table: str, leaky: str, sql: str
) -> None:
    leaks = {leaky: sql.replace("{table}", table)}
    assert _frozen_after(case, tmp_path, INJECTED[leak], leaks) != stored
