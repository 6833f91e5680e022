"""Planted accounts: enough of each kind, whole, plain, told by every system, and never given away by an export."""

import csv
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dagster_project.contract import input_contract
from dagster_project.demo.block import MOST_ACCOUNTS_BESIDE_PLANTED, Rows, World
from dagster_project.demo.company import draw_block, export_day, truth_folder, world_rows, write_demo_world
from dagster_project.demo.identity import SOURCES
from dagster_project.demo.planted.plant import Ahead, Plant, SubjectKind, Ticket, months_before
from dagster_project.demo.planted.world import FIRST_NUMBER, KEY_COLUMNS, PlantedAccounts
from dagster_project.demo.window import midnight, utc_text

WORLD = World(8, 260, date(2026, 6, 30), 3, planted=True)
SUBJECTS = {
    SubjectKind.SIGNAL: {
        *("day_90_below_line", "score_drop", "low_session_time", "renewal_window", "value_after_renewal"),
        *("silent_customer", "onboarding_late", "detractor", "sentiment_gap", "used_not_successful"),
        *("satisfied_not_successful", "licence_unused", "sponsor_gone", "no_champion", "escalation_open"),
        *("sales_request", "visit_overdue", "band_falling", "second_group", "top_group", "expansion_ready"),
        "advocate_ready",
    },
    SubjectKind.CELL: {"used_and_satisfied", "used_not_satisfied", "willing_not_used", "neither"},
    SubjectKind.TIER: {"1", "2", "3", "4", "5"},
    SubjectKind.PHASE: {"sceptical", "convinced", "skilled", "self_running"},
}
NOT_TOLD = {  # of accounts that stay, come from nobody's trial, and about which nobody decides
    *("churn_notices", "churn_reasons", "trials", "referrals", "account_obstacles", "action_updates"),
    *("score_overrides", "product_decisions"),
}


@pytest.fixture(scope="module")
def accounts() -> PlantedAccounts:
    return PlantedAccounts(WORLD)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted") / "demo"
    write_demo_world(WORLD, folder)
    return folder


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_subject_has_five_cases_and_two_near_misses_of_different_accounts(accounts: PlantedAccounts) -> None:
    planted = defaultdict(list)
    for row in accounts.key_rows:
        planted[row["subject_kind"], row["subject_id"]].append((row["is_case"], row["account_id"]))
    assert set(planted) == {(kind.value, subject_id) for kind, ids in SUBJECTS.items() for subject_id in ids}
    for subject, told in planted.items():
        assert len({account_id for _, account_id in told}) == len(told), subject
        counts = Counter(is_case for is_case, _ in told)
        assert counts[True] >= 5, subject
        assert counts[False] >= 2, subject


def test_an_account_is_in_at_most_one_tier_cell_and_phase(accounts: PlantedAccounts) -> None:
    cases = Counter(
        (row["subject_kind"], row["account_id"])
        for row in accounts.key_rows
        if row["is_case"] and row["subject_kind"] != SubjectKind.SIGNAL
    )
    assert max(cases.values()) == 1


def test_the_key_names_every_planted_account_and_no_other(folder: Path, accounts: PlantedAccounts) -> None:
    key = _read(truth_folder(folder) / "planted.csv")
    assert tuple(key[0]) == KEY_COLUMNS
    told = {row["account_id"] for row in _read(folder / "crm" / "accounts" / f"to_{WORLD.until}.csv")}
    assert {row["account_id"] for row in key} == {company.account_id for company in accounts.companies}
    assert {row["account_id"] for row in key} == {name for name in told if int(name[1:]) >= FIRST_NUMBER}
    assert all(row["note"] for row in key)


def test_no_export_gives_the_key_away(folder: Path) -> None:
    hidden = set(KEY_COLUMNS) - {"account_id"}
    for path in folder.rglob("*.csv"):
        assert not hidden & set(_read(path)[0]), path
    for path in folder.rglob("*.parquet"):
        assert not hidden & set(pq.read_schema(path).names), path


def test_rows_meet_the_contract(accounts: PlantedAccounts) -> None:
    assert input_contract().keys() - accounts.rows.keys() >= NOT_TOLD
    for name, rows in accounts.rows.items():
        entity = input_contract()[name]
        assert all(set(row) == {*entity.column_names, "updated_at"} for row in rows), name
        for column in entity.columns:
            values = {row[column.name] for row in rows}
            assert not (column.is_required and None in values), (name, column.name)
            if column.accepted_values:
                assert values - {None} <= set(column.accepted_values), (name, column.name)
        moments = Counter((*(row[key] for key in entity.key), row["updated_at"]) for row in rows)
        assert moments.most_common(1)[0][1] == 1, name


def test_references_lead_somewhere(accounts: PlantedAccounts) -> None:
    rows: Rows = {**world_rows(WORLD), **accounts.rows}
    for name in accounts.rows:
        for column in input_contract()[name].columns:
            if column.refers_to in rows:
                key = input_contract()[column.refers_to].key[0]
                known = {row[key] for row in rows[column.refers_to]}
                assert {row[column.name] for row in rows[name]} - {None} <= known, (name, column.name)


def test_every_account_is_told_of_under_the_ids_of_each_system(accounts: PlantedAccounts, folder: Path) -> None:
    ids = {company.account_id for company in accounts.companies}
    for entity in ("accounts", "contracts", "users", "fit_answers", "opportunities", "invoices", "account_costs"):
        assert {row["account_id"] for row in accounts.rows[entity]} == ids, entity
    for name in ("product", "desk"):
        companies = _read(folder / name / "companies" / f"to_{WORLD.until}.csv")
        assert ids <= {row["external_account_id"] for row in companies}
    email = {user.user_id: user.email for company in accounts.companies for user in company.users}
    for name, source in SOURCES.items():
        if source.person_letter:
            people = {row["email"] for row in _read(folder / name / "people" / f"to_{WORLD.until}.csv")}
            rows = [row for entity in source.entities for row in accounts.rows.get(entity, [])]
            speakers = {str(row.get("user_id") or row.get("author_id")) for row in rows} & email.keys()
            assert len(speakers) > 10, name
            assert {email[user_id] for user_id in speakers} <= people, name


def test_nothing_happens_before_an_account_begins(accounts: PlantedAccounts) -> None:
    begin = {company.account_id: utc_text(midnight(company.start)) for company in accounts.companies}
    for name, rows in accounts.rows.items():
        for row in rows:
            if row.get("account_id"):
                assert str(row["updated_at"]) >= str(begin[str(row["account_id"])]), (name, row)


def test_use_lies_within_the_service_of_active_users(accounts: PlantedAccounts) -> None:
    first_day = WORLD.window.first_day
    users = {user.user_id: user for company in accounts.companies for user in company.users}
    contracts = {told.contract_id: told for company in accounts.companies for told in company.contracts}
    events = accounts.usage(first_day, WORLD.until).to_pylist()
    assert len({event["event_id"] for event in events}) == len(events)
    for event in events:
        moment = event["event_at"].replace(tzinfo=None)
        user, contract = users[event["user_id"]], contracts[event["contract_id"]]
        assert user.activated_at is not None
        assert user.activated_at <= moment
        assert contract.account_id == user.account_id == f"A{event['account_id'][1:]}"
        assert contract.start_date <= moment.date() < contract.end_date
        assert event["received_at"].date() == moment.date()


def test_planted_accounts_stay_small(accounts: PlantedAccounts) -> None:
    assert accounts.usage(WORLD.window.first_day, WORLD.until).num_rows < 200_000
    assert sum(company.plant.age + 1 for company in accounts.companies) < 45_000
    assert max(company.plant.people for company in accounts.companies) < 10


def test_two_draws_are_equal_whatever_the_size_of_the_world(accounts: PlantedAccounts) -> None:
    for world in (WORLD, replace(WORLD, account_count=20)):
        again = PlantedAccounts(world)
        assert again.rows == accounts.rows
        assert again.key_rows == accounts.key_rows
        assert again.usage(date(2026, 6, 1), WORLD.until).equals(accounts.usage(date(2026, 6, 1), WORLD.until))


def test_a_month_of_use_is_its_days_one_by_one(accounts: PlantedAccounts) -> None:
    month = accounts.usage(date(2026, 6, 1), WORLD.until)["event_id"].to_pylist()
    days = [
        event_id
        for number in range(30)
        for event_id in accounts.usage(*(date(2026, 6, 1 + number),) * 2)["event_id"].to_pylist()
    ]
    assert sorted(days) == sorted(month)


def test_the_other_accounts_are_those_of_a_world_without_planted_ones(folder: Path, tmp_path: Path) -> None:
    write_demo_world(replace(WORLD, planted=False), tmp_path / "demo")
    assert not (tmp_path / "demo_truth" / "planted.csv").exists()
    for path in (tmp_path / "demo").rglob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert (
            lines
            == (folder / path.relative_to(tmp_path / "demo")).read_text(encoding="utf-8").splitlines()[: len(lines)]
        )


def test_no_other_account_has_a_planted_one_s_name_domain_or_id(accounts: PlantedAccounts) -> None:
    largest = replace(WORLD, account_count=MOST_ACCOUNTS_BESIDE_PLANTED)
    last = draw_block(replace(largest, day_count=200), largest.block_count - 1).accounts
    for attribute in ("account_id", "account_name", "domain"):
        planted = [getattr(company, attribute) for company in accounts.companies]
        assert len(set(planted)) == len(planted)
        assert not set(planted) & {getattr(account, attribute) for account in last}


def test_the_days_ahead_go_on_with_them(accounts: PlantedAccounts, tmp_path: Path) -> None:
    day = WORLD.until + timedelta(days=1)
    export_day(WORLD, day, tmp_path)
    events = pq.read_table(tmp_path / "product" / "usage_events" / f"{day}.parquet")["account_id"].to_pylist()
    assert len({name for name in events if int(name[1:]) >= FIRST_NUMBER}) > 100
    leaving = {row["contact_id"]: row["left_date"] for row in _read(tmp_path / "crm" / "contacts" / f"{day}.csv")}
    planted = {contact.contact_id for company in accounts.companies for contact in company.contacts}
    assert list(leaving.values()).count(day.isoformat()) >= 2
    assert planted & leaving.keys()


def test_a_world_too_short_or_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="day_count is 199"):
        replace(WORLD, day_count=199)
    with pytest.raises(ValueError, match="account_count is 24001"):
        replace(WORLD, account_count=MOST_ACCOUNTS_BESIDE_PLANTED + 1)


def test_a_fact_from_before_the_start_is_refused() -> None:
    with pytest.raises(ValueError, match="happened 80 days ago, at an age of 75 days"):
        Plant(age=75, tickets=(Ticket(80),))


@pytest.mark.parametrize(
    ("today", "told", "expected"),
    [
        ("2026-06-30", Ahead(3), "2026-09-30"),
        ("2026-06-30", Ahead(3, -1), "2026-09-29"),
        ("2026-06-30", Ahead(6, is_beyond=True), "2027-01-01"),
        ("2026-11-30", Ahead(3), "2027-03-01"),
        ("2026-08-31", Ahead(6, -1, is_beyond=True), "2027-02-28"),
        ("2026-06-30", Ahead(0, 40), "2026-08-09"),
    ],
)
def test_a_day_ahead_is_counted_back_in_months(today: str, told: Ahead, expected: str) -> None:
    assert told.after(date.fromisoformat(today)) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [("2026-12-31", 6, "2026-06-30"), ("2026-03-30", 1, "2026-02-28"), ("2026-01-15", 13, "2024-12-15")],
)
def test_months_before_a_day_end_with_the_month(day: str, months: int, expected: str) -> None:
    assert months_before(date.fromisoformat(day), months) == date.fromisoformat(expected)
