"""A world with planted accounts: what was planted is found, none missed, none too many, and what is asked shows."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, expect

from dagster_project.definitions_docs import DOCS_PATH
from dagster_project.demo.planted.plant import Plant, SubjectKind
from dagster_project.demo.planted.subjects import PLANTED
from tests.browser import settled
from tests.conftest import ROOT, World, first_run
from tests.end_to_end.requirements import Requirement, missing_rows, requirements

UNTIL = date(2026, 6, 30)
CONFIG = f"""
[calendar]
history_start_date = 2025-01-07

[demo]
account_count = 20
day_count = 540
until = {UNTIL}
seed = 11
planted = true

"""
# Account and subject of everything that holds on the newest day.
FOUND = {
    SubjectKind.SIGNAL: "select account_id, signal_id from fct_account_signals where is_open",
    SubjectKind.CELL: "select account_id, review_cell from mart_renewal_review",
    SubjectKind.TIER: f"select account_id, tier::varchar from fct_maturity_tiers where month_end_date = '{UNTIL}'",
    SubjectKind.PHASE: "select account_id, support_phase from dim_accounts",
}
SUBJECTS = list(dict.fromkeys((told.subject_kind, told.subject_id) for told in PLANTED))
REQUIRED = requirements(DOCS_PATH.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("planted")
    sources = (ROOT / "examples" / "files" / "bansou.toml").read_text(encoding="utf-8").partition("[sources.crm]")
    config = folder / "bansou.toml"
    config.write_text(CONFIG + "".join(sources[1:]), encoding="utf-8")
    return first_run(config, folder)[0]


@pytest.fixture(scope="module")
def found(world: World) -> dict[tuple[SubjectKind, str], set[str]]:
    """Accounts by subject."""
    accounts = defaultdict(set)
    for kind, query in FOUND.items():
        for account_id, subject_id in _read(world, query):
            accounts[kind, str(subject_id)].add(str(account_id))
    return accounts


@pytest.fixture(scope="module")
def key(world: World) -> dict[tuple[str, str], dict[str, tuple[bool, str]]]:
    """Whether it is a case, and the note, by account and by subject."""
    rows = _read(world, f"select * from '{_key_path(world)}'")
    accounts: dict[tuple[str, str], dict[str, tuple[bool, str]]] = defaultdict(dict)
    for subject_kind, subject_id, account_id, is_case, note in rows:
        accounts[str(subject_kind), str(subject_id)][str(account_id)] = (bool(is_case), str(note))
    return accounts


def _key_path(world: World) -> Path:
    return world.home / "demo_truth" / "planted.csv"


def _read(world: World, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize(("kind", "subject_id"), SUBJECTS, ids=[f"{kind}-{name}" for kind, name in SUBJECTS])
def test_found_is_planted_and_planted_is_found(
    kind: SubjectKind,
    subject_id: str,
    found: dict[tuple[SubjectKind, str], set[str]],
    key: dict[tuple[str, str], dict[str, tuple[bool, str]]],
) -> None:
    planted = key[kind.value, subject_id]
    cases = {account_id for account_id, (is_case, _) in planted.items() if is_case}
    told = found[kind, subject_id] & planted.keys()
    assert {account_id: planted[account_id][1] for account_id in cases - told} == {}, "missed"
    assert {account_id: planted[account_id][1] for account_id in told - cases} == {}, "too many"


def test_every_signal_has_planted_cases(world: World) -> None:
    signals = {str(signal_id) for (signal_id,) in _read(world, "select distinct signal_id from dim_signals")}
    assert signals == {subject_id for kind, subject_id in SUBJECTS if kind == SubjectKind.SIGNAL}


def test_a_healthy_and_quiet_account_is_at_no_risk(
    world: World, key: dict[tuple[str, str], dict[str, tuple[bool, str]]]
) -> None:
    [note] = [told.note for told in PLANTED if told.plant == Plant() and told.subject_id == "top_group"]
    [account_id] = [name for name, told in key["signal", "top_group"].items() if told == (True, note)]
    query = f"""
        select signal_id from fct_account_signals
        where account_id = '{account_id}' and is_open and signal_kind = 'risk'
    """
    assert _read(world, query) == []


@pytest.mark.parametrize(
    "required",
    REQUIRED,
    ids=[f"{required.requirement_id}-{required.mart}-{required.condition}" for required in REQUIRED],
)
def test_what_is_asked_shows(required: Requirement, world: World) -> None:
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as marts:
        assert missing_rows(required, marts) == ""


def test_renewal_review_shows_each_cell_with_its_contracts(
    world: World, page: Page, serve: Callable[[World], str], pictures: Path
) -> None:
    page.goto(f"{serve(world)}/renewals")
    settled(page)
    for name, count in _read(world, "select name_english, contract_count from kpi_renewal_review"):
        cell = page.get_by_test_id("stMetric").filter(has_text=str(name))
        expect(cell.get_by_test_id("stMetricValue")).to_contain_text(f"{count} (")
    page.screenshot(path=pictures / "planted_renewals.png")
