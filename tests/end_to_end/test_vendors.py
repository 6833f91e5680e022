"""The demo company pulled over HTTP, beside the same company as files, and day by day beside all at once."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.assets.demo import advance_demo, write_demo
from dagster_project.assets.extract import prepare_warehouse
from dagster_project.contract import input_contract
from dagster_project.demo.vendors import vendors_serving
from dagster_project.loading import load_all
from dagster_project.settings import ApiSource, Settings, load_settings
from tests.conftest import World, first_run
from tests.end_to_end.marts import differences

# What vendors cannot tell as files do. Ids of tickets are numbers there; webinars bring people of their own.
BY_THE_VENDOR = {
    "dim_account_assignments": {"source_name"},
    "fct_support_tickets": {"ticket_id", "ticket_key"},
    "mart_restatements": {"restatement_id", "record_id"},
}
LEFT_OUT = {"mart_identity_matches"}
# Sums in which the rows that may differ are not told apart.
SUMS = {"kpi_support_monthly", "kpi_support_backlog_daily", "kpi_self_running", "kpi_onboarding_conversion"}
DAYS = 10
WITHOUT_HISTORY = {"tasks", "owners"}


@pytest.fixture(scope="session")
def vendor_run(tiny_vendor_config: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    """The tiny world after a first run that pulled over HTTP, and what that run printed."""
    return first_run(tiny_vendor_config, tmp_path_factory.mktemp("vendors"))


@pytest.fixture(scope="session")
def other_vendor_run(tiny_other_vendor_config: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same company, whose CRM is HubSpot and whose desk is Intercom."""
    return first_run(tiny_other_vendor_config, tmp_path_factory.mktemp("other_vendors"))[0]


def rows_of(world: World, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_marts_are_those_of_the_files_when_the_same_company_is_pulled(
    tiny_world: World, vendor_run: tuple[World, str]
) -> None:
    world, _ = vendor_run
    assert differences(tiny_world.published, world.published, BY_THE_VENDOR, LEFT_OUT) == {}
    matches = (
        "select source_name, match_method, count(*) from mart_identity_matches "
        "where source_name <> 'webinars' group by all order by all"
    )
    found = []
    for each in (tiny_world, world):
        with duckdb.connect(each.published / "marts.duckdb", read_only=True) as connection:
            found.append(connection.execute(matches).fetchall())
    assert found[0] == found[1]


def test_marts_are_the_same_when_other_vendors_serve_the_same_company(
    vendor_run: tuple[World, str], other_vendor_run: World
) -> None:
    """HubSpot knows of a merged company only that it was; Intercom keeps no deleted conversation, and knows the company
    of a conversation by its contact alone.

    So the accounts that were merged, those with a deleted ticket and those with one that names nobody may differ, as
    scores read tickets; all others may not. Contracts come from a sheet there, HubSpot having none.
    """
    world, _ = vendor_run
    merged = rows_of(
        world,
        "select account_id, merged_into_account_id from raw.salesforce_accounts "
        "where merged_into_account_id is not null",
    )
    deleted = rows_of(
        world,
        "select ticket_id, account_id from intermediate.int_ticket_versions "
        "where ticket_id in (select ticket_id from raw.zendesk_tickets where is_deleted)",
    )
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as connection:
        tickets = connection.execute("select ticket_id, account_id, user_id from fct_support_tickets").fetchall()
        parents = connection.execute("select account_id, parent_account_id from dim_accounts").fetchall()
    touched = {account for pair in merged for account in pair} | {account for _, account in deleted if account}
    scored_otherwise = touched | {account for _, account, user in tickets if account and user is None}
    assert 0 < len(scored_otherwise) < len(parents) / 2
    families = scored_otherwise | {parent for account, parent in parents if account in scored_otherwise and parent}
    of_touched = {ticket for ticket, account, user in tickets if account in touched or user is None}
    of_touched |= {ticket for ticket, _ in deleted}
    assert len(of_touched) < len(tickets) / 2
    conditions = {
        "account_id": f"coalesce(account_id, '') not in ({listed(scored_otherwise)})",
        "parent_account_id": f"coalesce(parent_account_id, '') not in ({listed(families)})",
        "ticket_id": f"ticket_id not in ({listed(of_touched)})",
    }
    allowed = {
        "fct_contracts": {"source_name"},
        "fct_success_plans": {"source_name"},
        "kpi_customer_fit": {"ticket_count", "tickets_per_account_month"},
        "mart_restatements": {"restatement_id", "source_name"},
    }
    assert differences(world.published, other_vendor_run.published, allowed, SUMS, conditions) == {}


def listed(values: set[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values)) or "''"


def test_run_pulls_from_three_vendors_over_http(vendor_run: tuple[World, str]) -> None:
    world, printed = vendor_run
    assert rows_of(
        world, "select distinct source_type from raw.batches where source_type <> 'files' order by source_type"
    ) == [("marketo",), ("salesforce",), ("zendesk",)]
    addresses = rows_of(
        world, "select distinct regexp_extract(file_path, '^http://127.0.0.1:[0-9]+/[a-z]+/') from raw.batch_files"
    )
    assert len([address for (address,) in addresses if address]) == 3
    assert "http://127.0.0.1" in printed  # the impossible contract, with the place where it was read


def test_no_secret_is_kept(vendor_run: tuple[World, str]) -> None:
    world, printed = vendor_run
    assert "client_secret" not in printed
    for path in (world.home / "landing").rglob("*.json"):
        assert "Bearer" not in path.read_text()


def test_ten_days_pulled_day_by_day_equal_one_pull_at_the_end(
    vendor_run: tuple[World, str], tiny_vendor_config: Path, tmp_path: Path
) -> None:
    daily = vendor_run[0].copy(tmp_path / "daily")
    settings = load_settings(daily.environment)
    with_rows = 0
    for _ in range(DAYS):
        with_rows += sum(pull(settings, advance_demo(settings)).values())
    assert with_rows > DAYS
    at_once = World(tmp_path / "at_once", tiny_vendor_config)
    settings = load_settings(at_once.environment)
    assert settings.demo
    write_demo(settings.demo, settings.demo_dir)
    for _ in range(DAYS):
        today = advance_demo(settings)
    pull(settings, today)
    for source_type, entity in vendor_tables(settings):
        columns = ", ".join([*input_contract()[entity].column_names, "_record_key", "_is_removed", "_extra"])
        # Vendors keep no history of tasks and of our own people: of these the last state is compared.
        latest = "_known_at, " if entity not in WITHOUT_HISTORY else ""
        query = f"select {columns}, {latest}1 from raw.{source_type}_{entity} "
        if not latest:
            query += (
                "qualify row_number() over (partition by _record_key order by _known_at desc, _load_number desc) = 1 "
            )
        query += "order by all"
        assert rows_of(daily, query) == rows_of(at_once, query), entity
    for world in (daily, at_once):
        done = world.run("run", "--force")
        assert done.returncode == 0, done.stdout + done.stderr
    assert differences(daily.published, at_once.published, {}) == {}


def vendor_tables(settings: Settings) -> list[tuple[str, str]]:
    return [
        (source.type, entity)
        for source in settings.sources.values()
        if isinstance(source, ApiSource)
        for entity in source.tables
    ]


def pull(settings: Settings, today: date) -> dict[str, int]:
    """Rows loaded by table."""
    warehouse = prepare_warehouse(settings)
    tables = [(name, entity) for name, source in settings.sources.items() for entity in source.tables]
    # Weekends have few events, which no guard of a tiny company expects.
    confirmed = [f"{name}.{entity}" for name, entity in tables]
    with vendors_serving(settings) as reachable:
        loaded = load_all(reachable, warehouse, tables, today, confirmed)
    assert [table.fault for table in loaded if table.fault] == []
    return {table.named: table.result.rows_loaded for table in loaded if table.result}
