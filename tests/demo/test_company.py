"""The demo world's files: equal for equal worlds, filtered by today only, whole but for the stated dirt."""

import ast
import csv
import gzip
import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from dagster_project.contract import input_contract
from dagster_project.demo import company, dirt, endings, files, usage
from dagster_project.demo.accounts import draw_accounts
from dagster_project.demo.block import BLOCK_ACCOUNTS, ROOM_AHEAD_DAYS, Block, World
from dagster_project.demo.company import (
    advance_demo_world,
    demo_today,
    draw_block,
    export_day,
    truth_folder,
    write_demo_world,
)
from dagster_project.demo.contracts import draw_contracts
from dagster_project.demo.endings import TRUTH_COLUMNS
from dagster_project.demo.identity import SOURCES, UNMATCHED_PEOPLE
from dagster_project.demo.people import FREE_MAIL_DOMAINS
from dagster_project.demo.window import is_holiday, midnight, months_between

UNTIL = date(2026, 6, 30)
DEFAULT = World(240, 540, UNTIL, 7)
TINY = World(20, 60, UNTIL, 3)
DERIVED_ENTITIES = {"sessions"}  # the warehouse makes them from the events

Line = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Written:
    """A world as it stands in its folder."""

    folder: Path
    counts: dict[str, int]

    def rows(self, source: str, entity: str) -> list[dict[str, str]]:
        return [dict(row) for path in sorted((self.folder / source / entity).iterdir()) for row in _read(path)]

    @cached_property
    def deliveries(self) -> pa.Table:
        return pa.concat_tables(pq.read_table(path) for path in self.usage_files)

    @property
    def usage_files(self) -> list[Path]:
        return sorted((self.folder / "product" / "usage_events").iterdir())


def _read(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".parquet":
        return [{name: str(value) for name, value in row.items()} for row in pq.read_table(path).to_pylist()]
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _lines(folder: Path, day_of_file: str) -> Counter[tuple[str, Line]]:
    """Every row of the files of one name, with its source and entity."""
    return Counter(
        (str(path.parent.relative_to(folder)), tuple(sorted((name, str(value)) for name, value in row.items())))
        for path in folder.rglob(f"{day_of_file}.*")
        if path.parent.name != "usage_events"
        for row in _read(path)
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    return Written(folder, write_demo_world(DEFAULT, folder))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("tiny") / "demo"
    return Written(folder, write_demo_world(TINY, folder))


def test_equal_worlds_give_files_of_equal_bytes(tiny: Written, tmp_path: Path) -> None:
    assert write_demo_world(TINY, tmp_path / "demo") == tiny.counts
    assert _bytes(tmp_path / "demo") == _bytes(tiny.folder)
    assert _bytes(tmp_path / "demo_truth") == _bytes(truth_folder(tiny.folder))


def test_another_seed_gives_another_world(tiny: Written, tmp_path: Path) -> None:
    write_demo_world(replace(TINY, seed=4), tmp_path / "demo")
    one, two = _bytes(tiny.folder), _bytes(tmp_path / "demo")
    name = f"to_{UNTIL}"
    for path in (f"crm/accounts/{name}.csv", f"desk/tickets/{name}.jsonl.gz", f"crm/tasks/{name}.csv"):
        assert one[path] != two[path]


@pytest.mark.parametrize("size", ["world", "tiny"])
def test_every_entity_of_the_contract_has_rows(size: str, request: pytest.FixtureRequest) -> None:
    written: Written = request.getfixturevalue(size)
    told = {tuple(path.split("/")[:2]) for path, count in written.counts.items() if count}
    assert told == {(name, entity) for name, source in SOURCES.items() for entity in source.entities}
    assert {entity for _, entity in told} == input_contract().keys() - DERIVED_ENTITIES


def test_files_have_the_columns_of_the_contract(tiny: Written) -> None:
    for path in tiny.counts:
        entity = input_contract()[path.split("/")[1]]
        last = "received_at" if entity.name == "usage_events" else "updated_at"
        assert list(_read(tiny.folder / path)[0]) == [*entity.column_names, last], path


def test_counts_are_the_rows_in_the_files(tiny: Written) -> None:
    assert tiny.counts == {
        str(path.relative_to(tiny.folder)): len(_read(path))
        for path in tiny.folder.rglob("*")
        if path.is_file() and path.name != "today.json"
    }


def test_the_default_world_has_the_stated_size(world: Written) -> None:
    accounts = {row["account_id"] for row in world.rows("crm", "accounts")}
    users = {row["user_id"] for row in world.rows("product", "users")}
    ended = [row for row in world.rows("crm", "churn_notices") if row["churn_date"] <= UNTIL.isoformat()]
    assert 210 <= len(accounts) <= 240
    assert 5_000 <= len(users) <= 8_000
    assert len({row["account_id"] for row in ended}) >= 80
    assert 1_000_000 <= world.deliveries.num_rows <= 1_500_000


@pytest.mark.parametrize("seed", range(1, 5))
def test_other_seeds_give_worlds_of_the_same_kind(seed: int) -> None:
    drawn = draw_block(replace(DEFAULT, seed=seed), 0)
    assert 5_000 <= len(drawn.users) <= 8_000
    assert sum(ending.churn_date <= UNTIL for ending in drawn.endings.values()) >= 80


def test_nothing_is_known_after_today(world: Written) -> None:
    tomorrow = (UNTIL + timedelta(days=1)).isoformat()
    for path in world.counts:
        if not path.startswith("product/usage_events"):
            assert max(row["updated_at"] for row in _read(world.folder / path)) < tomorrow
    assert pc.max(world.deliveries["received_at"]).as_py().date() <= UNTIL


def test_what_was_known_before_the_window_is_in_the_first_export(world: Written) -> None:
    told = [row["updated_at"] for row in world.rows("crm", "accounts")]
    assert min(told) < DEFAULT.window.first_day.isoformat()


def test_advancing_adds_the_rows_of_that_day_and_leaves_earlier_files(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    write_demo_world(TINY, folder)
    for number in (1, 2):
        before = _bytes(folder)
        day, counts = advance_demo_world(TINY, folder)
        assert day == UNTIL + timedelta(days=number) == demo_today(folder)
        after = _bytes(folder)
        assert {path for path in after if before.get(path) != after[path]} == {*counts, "today.json"}
        for path in counts:
            assert Path(path).name.split(".")[0] == day.isoformat()
            if not path.startswith("product/usage_events"):
                assert {row["updated_at"][:10] for row in _read(folder / path)} == {day.isoformat()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo", "demo_truth"]


def test_today_only_filters(tmp_path: Path) -> None:
    """An export and ten further days tell the same rows as one export that knows all of them."""
    write_demo_world(TINY, tmp_path / "demo")
    told = _lines(tmp_path / "demo", f"to_{UNTIL}")
    for number in range(1, 11):
        day = UNTIL + timedelta(days=number)
        export_day(TINY, day, tmp_path / "days")
        told += _lines(tmp_path / "days", day.isoformat())
    later = UNTIL + timedelta(days=10)
    end = midnight(later + timedelta(days=1))
    with files.ExportFiles(tmp_path / "all", "all") as exports:
        company._append_world_rows(exports, TINY, None, end)
        company._append_block_rows(exports, draw_block(TINY, 0), None, end)
    assert told == _lines(tmp_path / "all", "all")


def test_days_of_usage_are_the_month_drawn_by_receipt(tiny: Written, tmp_path: Path) -> None:
    """Late events of the last days before today come with the days on which they were received."""
    told = list(tiny.deliveries["event_id"].to_pylist())
    for number in range(1, 6):
        day = UNTIL + timedelta(days=number)
        export_day(TINY, day, tmp_path)
        events = pq.read_table(tmp_path / "product" / "usage_events" / f"{day}.parquet")
        received = events["received_at"].to_pylist()
        assert all(moment.date() <= day for moment in received)
        repeated = [moment for moment in received if moment.date() < day]
        assert len(repeated) < 0.05 * len(received)
        told += events["event_id"].to_pylist()
    end = midnight(UNTIL + timedelta(days=6))
    drawn = draw_block(TINY, 0)
    habits = usage.draw_habits(drawn, [account.account_id for account in drawn.accounts])
    months = months_between(TINY.window.first_day, UNTIL + timedelta(days=5))
    known = [usage.draw_month(habits, month).received(None, end)["event_id"].to_pylist() for month in months]
    assert set(told) == {event_id for ids in known for event_id in ids}


def test_every_day_ahead_corrects_a_contract_and_deletes_a_ticket(tiny: Written, tmp_path: Path) -> None:
    contracts = _last(tiny.rows("crm", "contracts"), "contract_id")
    tickets = _last(tiny.rows("desk", "tickets"), "ticket_id")
    for number in range(1, 8):
        day = UNTIL + timedelta(days=number)
        export_day(TINY, day, tmp_path)
        told = _last(_read(tmp_path / "crm" / "contracts" / f"{day}.csv"), "contract_id")
        corrected = {id_: row for id_, row in told.items() if id_ in contracts}
        assert any(
            int(row["seat_count"] or 0) > int(contracts[id_]["seat_count"] or 0) for id_, row in corrected.items()
        )
        told_tickets = _last(_read(tmp_path / "desk" / "tickets" / f"{day}.jsonl.gz"), "ticket_id")
        deleted = [id_ for id_, row in told_tickets.items() if row["is_deleted"]]
        assert len(deleted) == 1
        assert not tickets[deleted[0]]["is_deleted"]
        contracts |= told
        tickets |= told_tickets


def test_a_day_that_breaks_off_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "demo"
    write_demo_world(TINY, folder)
    with monkeypatch.context() as patched:
        patched.setattr(company, "note_state", _fail)
        with pytest.raises(OSError, match="disk full"):
            advance_demo_world(TINY, folder)
    assert demo_today(folder) == UNTIL
    broken = _bytes(folder)
    advance_demo_world(TINY, folder)
    assert {**_bytes(folder), "today.json": b""} == {**broken, "today.json": b""}


def _fail(*_: object) -> None:
    raise OSError("disk full")


def test_a_former_world_stays_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "demo"
    write_demo_world(TINY, folder)
    before = _bytes(tmp_path)
    monkeypatch.setattr(company, "note_state", _fail)
    with pytest.raises(OSError, match="disk full"):
        write_demo_world(replace(TINY, seed=4), folder)
    assert _bytes(tmp_path) == before


def test_another_world_replaces_a_former_one(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    write_demo_world(TINY, folder)
    advance_demo_world(TINY, folder)
    write_demo_world(replace(TINY, seed=4), folder)
    assert demo_today(folder) == UNTIL
    assert not list(folder.rglob("2026-07-01.*"))
    with pytest.raises(ValueError, match="does not hold"):
        advance_demo_world(TINY, folder)


def test_a_folder_with_files_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="thesis"):
        write_demo_world(TINY, tmp_path / "demo")


def test_days_beyond_the_room_ahead_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="120 days after 2026-06-30"):
        export_day(TINY, UNTIL + timedelta(days=ROOM_AHEAD_DAYS + 1), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("accounts", "days", "seed"), [(7, 60, 1), (20, 27, 1), (20, 60, -1)])
def test_a_world_too_small_is_refused(accounts: int, days: int, seed: int) -> None:
    with pytest.raises(ValueError, match=r"is -?\d+, under"):
        World(accounts, days, UNTIL, seed)


def test_blocks_share_no_id_and_do_not_change_with_the_size_of_the_world(block: Block) -> None:
    larger = replace(DEFAULT, account_count=BLOCK_ACCOUNTS + 30)
    first, second = draw_block(larger, 0), draw_block(larger, 1)
    assert [account.account_id for account in first.accounts] == [account.account_id for account in block.accounts]
    assert first.contracts == block.contracts
    assert len(second.accounts) == 30
    for attribute in ("account_id", "account_name", "domain"):
        one = {getattr(account, attribute) for account in first.accounts if not account.is_internal}
        assert not one & {getattr(account, attribute) for account in second.accounts if not account.is_internal}


def test_endings_depend_on_the_hidden_value(block: Block) -> None:
    caused = {ending.account_id for ending in block.endings.values() if ending.has_cause}
    left = [account.value for account in block.accounts if account.account_id in caused]
    stayed = [account.value for account in block.accounts if account.account_id not in block.endings]
    assert np.mean(left) < np.mean(stayed) - 0.1
    without_cause = len(block.endings) - len(caused)
    assert without_cause >= 3


def test_endings_know_nothing_of_use_or_any_measure() -> None:
    source = Path(endings.__file__).read_text(encoding="utf-8")
    imported = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    ours = {name.rpartition(".")[2] for name in imported if name and name.startswith("dagster_project")}
    assert ours == {"accounts", "contracts", "window"}


def test_attention_raises_and_trouble_lowers_the_value(block: Block) -> None:
    day = block.window.last_day
    model = min(block.accounts, key=lambda account: abs(account.value - 0.5))
    looked_after = replace(model, attention=0.9, trouble=0.05)
    neglected = replace(model, attention=0.1, trouble=0.8)
    assert looked_after.value_on(day) > model.value > neglected.value_on(day)


def test_use_falls_before_an_ending_with_a_cause(block: Block) -> None:
    habits = usage.draw_habits(block, [account.account_id for account in block.accounts])
    ratios = []
    for place, account in enumerate(block.accounts):
        ending = block.endings.get(account.account_id)
        if ending and ending.has_cause:
            end = (ending.churn_date - block.window.first_day).days
            if 200 < end < block.window.day_count:
                ratios.append(
                    habits.intensity[place, end - 14 : end].mean()
                    / habits.intensity[place, end - 150 : end - 90].mean()
                )
    assert np.median(ratios) < 0.7


def test_quick_onboarding_converts_more() -> None:
    window, rng = DEFAULT.window, np.random.default_rng(1)
    accounts = draw_accounts(1_500, 1, ["P01"], window, rng)
    in_window = [account for account in accounts if account.signed_up_at >= midnight(window.first_day)]
    _, trials = draw_contracts(in_window, window, rng)
    quick: list[bool] = []
    slow: list[bool] = []
    for trial in trials:
        finished = trial.onboarding_finished_at
        is_quick = finished is not None and finished - trial.signed_up_at <= timedelta(hours=24)
        (quick if is_quick else slow).append(trial.converted_at is not None)
    assert np.mean(quick) > np.mean(slow) + 0.1


def test_use_falls_on_weekends_and_holidays(world: Written) -> None:
    days = pc.value_counts(pc.cast(world.deliveries["event_at"], pa.date32())).to_pylist()
    per_day = {told["values"]: told["counts"] for told in days}
    weekdays = [count for day, count in per_day.items() if day.weekday() < 5 and not is_holiday(day)]
    weekends = [count for day, count in per_day.items() if day.weekday() >= 5]
    holidays = [count for day, count in per_day.items() if day.weekday() < 5 and is_holiday(day)]
    assert np.mean(weekends) < 0.3 * np.mean(weekdays)
    assert np.mean(holidays) < 0.6 * np.mean(weekdays)


def test_late_and_repeated_events_have_the_stated_shares(world: Written) -> None:
    events = world.deliveries.group_by("event_id").aggregate([("event_at", "min"), ("received_at", "min")])
    at = events["event_at_min"].to_numpy().astype("datetime64[s]")
    received = events["received_at_min"].to_numpy().astype("datetime64[s]")
    delay = (received - at).astype(int)
    is_late = delay >= 86_400
    assert 0.008 <= is_late.mean() <= 0.012
    assert delay[is_late].max() <= 3 * 86_400
    assert delay[~is_late].max() < 60
    repeated = world.deliveries.num_rows - events.num_rows
    assert 0.0005 <= repeated / events.num_rows <= 0.0015


def test_usage_files_hold_one_row_group_per_block_and_repeat_in_a_later_file(world: Written) -> None:
    seen: pa.ChunkedArray | None = None
    for path in world.usage_files:
        assert pq.ParquetFile(path).num_row_groups == 1
        assert pq.read_schema(path).equals(usage.USAGE_SCHEMA)
        ids = pq.read_table(path, columns=["event_id"])["event_id"]
        assert pc.count_distinct(ids).as_py() == len(ids)
        repeated = set() if seen is None else set(ids.filter(pc.is_in(ids, seen.combine_chunks())).to_pylist())
        assert bool(repeated) == (path != world.usage_files[0])
        seen = ids


def test_use_lies_within_the_service_of_active_users() -> None:
    block = draw_block(TINY, 0)
    habits = usage.draw_habits(block, [account.account_id for account in block.accounts])
    events = usage.draw_month(habits, date(2026, 5, 1)).events.to_pydict()
    users = {user.user_id: user for user in block.users}
    contracts = {contract.contract_id: contract for contract in block.contracts}
    for user_id, contract_id, event_at in zip(
        events["user_id"], events["contract_id"], events["event_at"], strict=True
    ):
        user, contract, moment = users[user_id], contracts[contract_id], event_at.replace(tzinfo=None)
        assert user.account_id == contract.account_id
        assert user.activated_at is not None
        assert user.activated_at <= moment
        assert user.deactivated_at is None or moment < user.deactivated_at
        assert contract.start_date <= moment.date() < contract.last_end_date


def test_no_file_tells_the_truth(world: Written) -> None:
    hidden = {*TRUTH_COLUMNS, "keenness"} - {"account_id", "churn_date"}
    for path in world.counts:
        if path.endswith(".parquet"):
            columns = set(pq.read_schema(world.folder / path).names)
        else:
            columns = set(_read(world.folder / path)[0])
        assert not columns & hidden, path
    truth = _read(truth_folder(world.folder) / "accounts.csv")
    assert tuple(truth[0]) == TRUTH_COLUMNS
    assert len(truth) == DEFAULT.account_count


def test_companies_of_the_sources_match_as_stated(world: Written, block: Block) -> None:
    standing = {account.account_id: account for account in block.accounts}
    domains = Counter(account.domain for account in block.accounts)
    product = _last(world.rows("product", "companies"), "company_id")
    desk = _last(world.rows("desk", "companies"), "company_id")
    shown = {row["account_id"] for row in world.rows("crm", "accounts")}
    assert len(product) == len(desk) == len(shown)
    assert 0.8 <= np.mean([bool(row["external_account_id"]) for row in product.values()]) <= 0.9
    assert all(domains[row["domain"]] == 1 for row in product.values() if not row["external_account_id"])
    assert 0.42 <= np.mean([bool(row["external_account_id"]) for row in desk.values()]) <= 0.58
    open_desk = [row["domain"].lower() for row in desk.values() if not row["external_account_id"]]
    assert sum(domains[domain] > 1 for domain in open_desk) == 3
    assert sum(domains[domain] == 0 for domain in open_desk) == 2
    twins = [account for account in standing.values() if domains[account.domain] > 1]
    assert len({account.corporate_group_id for account in twins}) == 3
    assert all(account.parent_account_id for account in twins)


def test_people_of_the_sources_match_as_stated(world: Written) -> None:
    emails = {row["email"].lower() for row in world.rows("product", "users")}
    account_domains = {row["domain"] for row in world.rows("crm", "accounts")}
    assert not account_domains & set(FREE_MAIL_DOMAINS)
    for source in ("desk", "survey", "marketing", "community"):
        people = _last(world.rows(source, "people"), "person_id").values()
        typed = [person["email"] for person in people]
        strangers = [mail for mail in typed if mail.partition("@")[2].startswith("unknown-")]
        private = [mail for mail in typed if mail.startswith("private.")]
        known = [mail for mail in typed if mail.strip().lower() in emails]
        assert len(strangers) <= UNMATCHED_PEOPLE
        assert len(known) + len(private) + len(strangers) == len(typed)
        assert len(known) > 0.9 * len(typed)
        assert any(mail != mail.lower() for mail in typed)
        assert any(mail != mail.strip() for mail in typed)


def test_rows_of_a_source_name_its_own_companies_and_people(world: Written) -> None:
    for source, told in SOURCES.items():
        if not told.person_letter:
            continue
        people = {row["person_id"] for row in world.rows(source, "people")}
        companies = {row["company_id"] for row in world.rows(source, "companies")} if told.company_letter else {""}
        for entity in told.entities:
            rows = world.rows(source, entity) if entity not in {"companies", "people"} else []
            for row in rows[:5_000]:
                assert row.get("user_id") in {*people, None, "", "None"}, entity
                assert row.get("account_id") in {*companies, None, "", "None"}, entity
                if row.get("author_kind") == "customer" and "author_id" in row:
                    assert row["author_id"] in {*people, "", "None"}, entity
    companies = {row["company_id"] for row in world.rows("product", "companies")}
    assert set(world.deliveries["account_id"].unique().to_pylist()) <= companies


def test_the_dirt_has_the_stated_counts(world: Written) -> None:
    accounts = _last(world.rows("crm", "accounts"), "account_id")
    merged = [row for row in accounts.values() if row["merged_into_account_id"]]
    assert len(merged) == dirt.MERGED_ACCOUNTS
    assert all(row["is_deleted"] == "true" and row["merged_into_account_id"] in accounts for row in merged)
    assert sum(row["is_test"] == "true" for row in accounts.values()) <= 2
    assert sum(row["is_internal"] == "true" for row in accounts.values()) <= 1
    assert any(not row["seller_owner_id"] for row in accounts.values())
    gone = {row["account_id"] for row in merged}
    for source, entity, key in (("crm", "contracts", "contract_id"), ("product", "users", "user_id")):
        rows = world.rows(source, entity)
        assert len({(row[key], row["updated_at"]) for row in rows}) == len(rows)
        assert not any(row["account_id"] in gone for row in _last(rows, key).values())
    users = _last(world.rows("product", "users"), "user_id")
    assert sum(not row["account_id"] for row in users.values()) == dirt.USERS_WITHOUT_ACCOUNT
    assert any(row["email"].endswith(FREE_MAIL_DOMAINS) for row in users.values())
    contracts = world.rows("crm", "contracts")
    broken = [row["contract_id"] for row in contracts if row["start_date"].startswith("31/02/")]
    assert broken == [dirt.IMPOSSIBLE_CONTRACT_ID]
    seats: dict[str, set[str]] = {}
    for row in contracts:
        seats.setdefault(row["contract_id"], set()).add(row["seat_count"])
    assert sum(len(counts) > 1 for counts in seats.values()) == dirt.CORRECTED_CONTRACTS
    assert any("Ａ" <= row["account_name"][0] <= "Ｚ" for row in accounts.values())
    assert any("🎉" in row["acquisition_message"] for row in accounts.values())


def test_contracts_cover_plans_models_and_currencies(world: Written) -> None:
    contracts = _last(world.rows("crm", "contracts"), "contract_id").values()
    assert {row["plan_name"] for row in contracts} == {"starter", "business", "enterprise"}
    assert {row["currency_code"] for row in contracts} == {"JPY", "USD", "EUR"}
    one_off = [row for row in contracts if row["contract_model"] == "one_off"]
    assert 0.03 <= len(one_off) / len(contracts) <= 0.15
    assert all(row["one_off_amount"] for row in one_off)


def _last(rows: list[dict[str, str]], key: str) -> dict[str, dict[str, str]]:
    """The last state of each row."""
    return {row[key]: row for row in sorted(rows, key=lambda row: row["updated_at"])}
