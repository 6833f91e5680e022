"""A foreign company's export: everything loads, every oddity is counted, and revenue equals the raw file's."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dagster_project.contract import input_contract
from tests.conftest import ROOT, World

FOLDER = Path(os.environ.get("RAVENSTACK_DIR") or "unset").absolute()

pytestmark = pytest.mark.skipif(
    "RAVENSTACK_DIR" not in os.environ, reason="RAVENSTACK_DIR does not name the folder with RavenStack's five files"
)


@pytest.fixture(scope="module")
def ravenstack_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    world = World(tmp_path_factory.mktemp("ravenstack") / "home", ROOT / "examples" / "ravenstack" / "bansou.toml")
    done = world.run()
    assert done.returncode == 0, done.stdout + done.stderr
    return world, done.stdout


@pytest.fixture(scope="module")
def ravenstack(ravenstack_run: tuple[World, str]) -> World:
    return ravenstack_run[0]


@pytest.fixture
def marts(ravenstack: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published marts, with the raw files beside them as views that nothing of ours has touched."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{ravenstack.published}/marts.duckdb' as marts (read_only)")
        for name in ("accounts", "subscriptions", "feature_usage", "support_tickets", "churn_events"):
            connection.execute(f"create view {name} as from read_csv('{FOLDER}/ravenstack_{name}.csv', header = true)")
        yield connection


def _one(marts: duckdb.DuckDBPyConnection, query: str) -> object:
    row = marts.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_nothing_is_dropped(marts: duckdb.DuckDBPyConnection, ravenstack: World) -> None:
    assert _one(marts, "select count(*) from marts.dim_accounts") == 500
    assert _one(marts, "select sum(source_row_count) from marts.fct_usage_daily") == 25_000
    assert _one(marts, "select count(*) from marts.fct_support_tickets") == 2_000
    assert _one(marts, "select count(*) from marts.fct_contracts") == 5_000
    assert _one(marts, "select sum(event_count) from marts.fct_usage_daily") == _one(
        marts, "select sum(usage_count) from feature_usage"
    )
    with duckdb.connect(ravenstack.home / "build" / "warehouse.duckdb", read_only=True) as build:
        assert build.execute("select count(*) from raw.rejected_rows").fetchone() == (0,)


def test_users_are_not_invented(marts: duckdb.DuckDBPyConnection) -> None:
    assert _one(marts, "select count(*) from marts.dim_users") == 0
    assert _one(marts, "select count(user_id) from marts.fct_usage_daily") == 0
    assert marts.execute(
        "select distinct missing_reason from marts.fct_health_score_components "
        "where measure_id in ('licence_activation_rate', 'active_seat_rate_28d', 'core_feature_rate_28d')"
    ).fetchall() == [("no_source",)]


def test_report_says_what_the_source_lacks_and_what_is_odd(ravenstack_run: tuple[World, str]) -> None:
    _, printed = ravenstack_run
    told = " ".join(printed.split())
    lacking = sorted(input_contract().keys() - {"accounts", "contracts", "usage_events", "tickets", "churn_notices"})
    assert f"no source for {len(lacking)} entities: {', '.join(lacking)}" in told
    for oddity in ODDITIES:
        assert oddity in printed


@pytest.mark.parametrize("month_end", ["2023-12-31", "2024-06-30", "2024-12-31"])
def test_monthly_revenue_equals_a_plain_query_on_the_raw_file(marts: duckdb.DuckDBPyConnection, month_end: str) -> None:
    published = marts.execute(
        "select sum(mrr_amount), sum(contract_count), count(*) from marts.fct_mrr_monthly where month_end_date = ?",
        [month_end],
    ).fetchone()
    plain = marts.execute(
        "select sum(mrr_amount), count(*), count(distinct account_id) from subscriptions "
        "where start_date <= $day::date and (end_date is null or $day::date < end_date)",
        {"day": month_end},
    ).fetchone()
    assert plain is not None
    assert plain[0] > 0
    assert published == plain


ODDITIES = {
    "event_id_repeated": "select count(*) from feature_usage where usage_id in "
    "(select usage_id from feature_usage group by 1 having count(*) > 1)",
    "event_before_contract": "select count(*) from feature_usage join subscriptions using (subscription_id) "
    "where usage_date < start_date",
    "event_after_contract": "select count(*) from feature_usage join subscriptions using (subscription_id) "
    "where usage_date >= end_date",
    "event_before_sign_up": "select count(*) from feature_usage join subscriptions using (subscription_id) "
    "join accounts using (account_id) where usage_date < signup_date",
    "plan_contradicts_account": "select count(*) from subscriptions as s join accounts as a using (account_id) "
    "where s.plan_tier <> a.plan_tier",
    "contract_never_live": "select count(*) from subscriptions where end_date <= start_date",
    "contract_overlaps": "select count(*) from subscriptions as s where exists (select 1 from subscriptions as o "
    "where o.account_id = s.account_id and o.subscription_id <> s.subscription_id "
    "and greatest(s.start_date, o.start_date) < least(coalesce(s.end_date, date '9999-12-31'), "
    "coalesce(o.end_date, date '9999-12-31')))",
    "reply_after_resolution": "select count(*) from support_tickets "
    "where submitted_at + to_minutes(first_response_time_minutes) > closed_at",
    "ticket_before_sign_up": "select count(*) from support_tickets join accounts using (account_id) "
    "where submitted_at < signup_date",
    "churn_without_end": "select count(*) from churn_events as e where not exists (select 1 from subscriptions as s "
    "where s.account_id = e.account_id and s.end_date is not null)",
    "churn_while_live": "select count(*) from churn_events as e where exists (select 1 from subscriptions as s "
    "where s.account_id = e.account_id and s.start_date <= e.churn_date "
    "and (s.end_date is null or e.churn_date < s.end_date))",
}


def test_every_oddity_is_counted_as_a_plain_query_counts_it(marts: duckdb.DuckDBPyConnection) -> None:
    counted = dict(
        marts.execute("select oddity_id, count(*) from marts.mart_input_oddities group by oddity_id").fetchall()
    )
    assert counted == {oddity: _one(marts, query) for oddity, query in ODDITIES.items()}


def test_code_location_loads_without_the_variable_that_the_source_needs() -> None:
    from dagster_project.settings import SettingsError, load_settings  # noqa: PLC0415

    environment = {"BANSOU_CONFIG": str(ROOT / "examples" / "ravenstack" / "bansou.toml")}
    settings = load_settings(environment)
    with pytest.raises(SettingsError, match=r"sources\.ravenstack\.folder: the environment variable RAVENSTACK_DIR"):
        settings.require_complete()
