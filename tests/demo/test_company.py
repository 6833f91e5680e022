"""The demo company's files: equal for equal inputs, known by the last day, whole but for the stated dirt."""

import csv
import gzip
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from dagster_project.demo import files
from dagster_project.demo.company import DemoCompany, truth_folder, write_demo_company
from dagster_project.demo.contracts import CONTRACT_COLUMNS
from dagster_project.demo.dirt import IMPOSSIBLE_CONTRACT_ID, USERS_WITHOUT_ACCOUNT
from dagster_project.demo.people import USER_COLUMNS
from dagster_project.demo.support import UNSIGNED_TICKETS
from dagster_project.demo.usage import USAGE_SCHEMA

TINY = DemoCompany(account_count=12, day_count=40, last_day=date(2026, 6, 30), seed=5)
DEFAULT = DemoCompany()
IDS = {
    "accounts": "account_id",
    "users": "user_id",
    "features": "feature_id",
    "contracts": "contract_id",
    "churn_notices": "churn_notice_id",
    "tickets": "ticket_id",
}


@dataclass(frozen=True)
class World:
    company: DemoCompany
    folder: Path
    counts: dict[str, int]
    rows: dict[str, list[dict[str, str]]]
    deliveries: pd.DataFrame  # every delivered event, with the day of its file

    @property
    def events(self) -> pd.DataFrame:
        return self.deliveries.drop_duplicates("event_id")

    @property
    def last_contract_rows(self) -> dict[str, dict[str, str]]:
        return {row["contract_id"]: row for row in self.rows["contracts"]}


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _world(company: DemoCompany, folder: Path) -> World:
    counts = write_demo_company(company, folder)
    rows = {name: _read(folder / f"{name}.csv") for name in IDS if name != "tickets"}
    with gzip.open(folder / "tickets.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows["tickets"] = [json.loads(line) for line in lines]
    deliveries = pd.concat(
        [
            pq.read_table(path).to_pandas().assign(file_date=path.stem.removeprefix("date="))
            for path in sorted((folder / "usage_events").iterdir())
        ],
        ignore_index=True,
    )
    return World(company, folder, counts, rows, deliveries)


@pytest.fixture(scope="module", params=[DEFAULT, TINY], ids=["default", "tiny"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    return _world(request.param, tmp_path_factory.mktemp("demo") / "exports")


@pytest.fixture(scope="module")
def default_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return _world(DEFAULT, tmp_path_factory.mktemp("demo") / "exports")


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_write_demo_company_gives_equal_bytes_when_inputs_are_equal(world: World, tmp_path: Path) -> None:
    write_demo_company(world.company, tmp_path / "again")
    assert _bytes(tmp_path / "again") == _bytes(world.folder)
    assert _bytes(tmp_path / "again_truth") == _bytes(truth_folder(world.folder))


def test_write_demo_company_gives_another_world_when_the_seed_differs(tmp_path: Path) -> None:
    write_demo_company(TINY, tmp_path / "one")
    write_demo_company(DemoCompany(12, 40, TINY.last_day, seed=6), tmp_path / "two")
    one, two = _bytes(tmp_path / "one"), _bytes(tmp_path / "two")
    assert one["accounts.csv"] != two["accounts.csv"]
    assert one["tickets.jsonl.gz"] != two["tickets.jsonl.gz"]


def test_counts_are_the_rows_in_the_files(world: World) -> None:
    per_day = world.deliveries.groupby("file_date").size()
    told = {name: count for name, count in world.counts.items() if name.startswith("usage_events/")}
    assert len(told) == world.company.day_count
    assert sum(told.values()) == len(world.deliveries)
    for day, count in per_day.items():
        assert told[f"usage_events/date={day}.parquet"] == count
    for name, rows in world.rows.items():
        suffix = "jsonl.gz" if name == "tickets" else "csv"
        assert world.counts[f"{name}.{suffix}"] == len(rows)


def test_default_world_has_the_stated_size(default_world: World) -> None:
    assert len({row["account_id"] for row in default_world.rows["accounts"]}) == 60
    assert len(default_world.rows["features"]) == 14
    assert 40_000 <= len(default_world.events) <= 90_000
    assert sum(row["is_test"] == "true" for row in default_world.rows["accounts"]) in (1, 2)


def test_nothing_is_known_after_the_last_day(world: World) -> None:
    end = f"{world.company.last_day.isoformat()}T23:59:59Z"
    for rows in world.rows.values():
        assert max(row["updated_at"] for row in rows) <= end
    assert world.deliveries["received_at"].max() <= pd.Timestamp(end)
    assert world.deliveries["file_date"].max() <= world.company.last_day.isoformat()


def test_no_row_tells_a_moment_later_than_its_own(world: World) -> None:
    moments = ("created_at", "activated_at", "deactivated_at", "resolved_at", "rated_at")
    for rows in world.rows.values():
        for row in rows:
            assert all(row[name] <= row["updated_at"] for name in moments if row.get(name))
    for row in world.rows["churn_notices"]:
        assert row["notice_date"] == row["updated_at"][:10]
        assert row["notice_date"] < row["churn_date"]
    for row in world.rows["tickets"]:
        if row["first_reply_minutes"] is not None:
            replied = pd.Timestamp(row["created_at"]) + timedelta(minutes=int(row["first_reply_minutes"]))
            assert replied <= pd.Timestamp(row["updated_at"])


def test_versions_of_a_row_grow(world: World) -> None:
    for name, id_column in IDS.items():
        last: dict[str, str] = {}
        for row in world.rows[name]:
            assert last.get(row[id_column], "") < row["updated_at"]
            last[row[id_column]] = row["updated_at"]
    versions = Counter(row["ticket_id"] for row in world.rows["tickets"])
    assert max(versions.values()) >= 4


def test_every_foreign_key_resolves_but_for_the_stated_dirt(world: World) -> None:
    known = {name: {row[id_column] for row in world.rows[name]} for name, id_column in IDS.items()}
    ownerless = [row for row in world.rows["users"] if row["account_id"] not in known["accounts"]]
    assert [row["account_id"] for row in ownerless] == [""] * USERS_WITHOUT_ACCOUNT
    unsigned = {row["ticket_id"] for row in world.rows["tickets"] if row["user_id"] not in known["users"]}
    assert len(unsigned) == UNSIGNED_TICKETS
    for name in ("contracts", "churn_notices", "tickets"):
        assert {row["account_id"] for row in world.rows[name]} <= known["accounts"]
    parents = {row["parent_account_id"] for row in world.rows["accounts"]} - {""}
    assert parents <= known["accounts"]
    for name in ("accounts", "users", "contracts", "features"):
        assert set(world.events[IDS[name]]) <= known[name]
    account_of = {row["user_id"]: row["account_id"] for row in world.rows["users"]}
    assert (world.events["user_id"].map(account_of) == world.events["account_id"]).all()


def test_one_contract_has_an_impossible_date_and_nothing_refers_to_it(world: World) -> None:
    broken = [row for row in world.rows["contracts"] if row["start_date"].startswith("31/02/")]
    assert [row["contract_id"] for row in broken] == [IMPOSSIBLE_CONTRACT_ID]
    assert IMPOSSIBLE_CONTRACT_ID not in set(world.events["contract_id"])


def test_contracts_follow_each_other_without_a_gap_and_are_known_before(world: World) -> None:
    terms = defaultdict(list)
    for row in world.last_contract_rows.values():
        if row["contract_id"] != IMPOSSIBLE_CONTRACT_ID:
            terms[row["account_id"]].append(row)
    first_told = {row["contract_id"]: row["updated_at"] for row in reversed(world.rows["contracts"])}
    for rows in terms.values():
        rows.sort(key=lambda row: row["start_date"])
        for former, latter in pairwise(rows):
            assert former["end_date"] == latter["start_date"]
            assert first_told[latter["contract_id"]][:10] < former["end_date"]
        assert all(row["mrr_amount"][-3] == "." for row in rows)
        assert all((float(row["mrr_amount"]) == 0) == (row["is_trial"] == "true") for row in rows)


def test_usage_lies_within_live_contracts_and_active_users(world: World) -> None:
    contracts = pd.DataFrame(world.last_contract_rows.values()).set_index("contract_id")
    users = pd.DataFrame(world.rows["users"]).drop_duplicates("user_id", keep="last").set_index("user_id")
    events = world.events.join(contracts[["start_date", "end_date"]], on="contract_id").join(
        users[["activated_at", "deactivated_at"]], on="user_id"
    )
    day = events["event_at"].dt.strftime("%Y-%m-%d")
    moment = events["event_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (day >= events["start_date"]).all()
    assert (day < events["end_date"]).all()
    assert (events["activated_at"] != "").all()
    assert (moment >= events["activated_at"]).all()
    assert ((events["deactivated_at"] == "") | (moment < events["deactivated_at"])).all()
    assert (day >= world.company.window.first_day.isoformat()).all()


def test_usage_files_hold_what_arrived_that_day_and_retries_of_earlier_days(world: World) -> None:
    for path in (world.folder / "usage_events").iterdir():
        assert pq.read_schema(path).equals(USAGE_SCHEMA)
    deliveries = world.deliveries
    is_retry = deliveries.duplicated("event_id")
    arrival = deliveries["received_at"].dt.strftime("%Y-%m-%d")
    assert (deliveries["file_date"] == arrival)[~is_retry].all()
    assert (deliveries["file_date"] > arrival)[is_retry].all()
    told = deliveries.drop(columns="file_date")
    assert (told.duplicated() == is_retry).all()
    assert not deliveries.duplicated(["file_date", "event_id"]).any()


def test_late_and_retried_shares_are_within_bounds(default_world: World) -> None:
    events = default_world.events
    delay = events["received_at"] - events["event_at"]
    is_late = delay >= timedelta(days=1)
    assert 0.007 <= is_late.mean() <= 0.013
    assert delay[is_late].max() <= timedelta(days=3)
    assert delay[~is_late].max() < timedelta(minutes=1)
    retried = len(default_world.deliveries) - len(events)
    assert 0.0005 <= retried / len(events) <= 0.002


def test_usage_falls_on_weekends(default_world: World) -> None:
    per_day = default_world.events.groupby(default_world.events["event_at"].dt.day_of_week).size()
    assert per_day.loc[5:].mean() < 0.3 * per_day.loc[:4].mean()


def test_at_least_six_accounts_end_within_the_window(default_world: World) -> None:
    last_day = default_world.company.last_day.isoformat()
    last_end: dict[str, str] = defaultdict(str)
    for row in default_world.last_contract_rows.values():
        last_end[row["account_id"]] = max(last_end[row["account_id"]], row["end_date"])
    notices = {row["account_id"]: row["churn_date"] for row in default_world.rows["churn_notices"]}
    assert all(last_end[account_id] == churn_date for account_id, churn_date in notices.items())
    assert sum(churn_date <= last_day for churn_date in notices.values()) >= 6
    versions = Counter(row["contract_id"] for row in default_world.rows["contracts"])
    assert 1 <= sum(count == 2 for count in versions.values()) <= 6


def test_truth_stands_apart_and_agrees_with_the_notices(world: World) -> None:
    truth = {row["account_id"]: row for row in _read(truth_folder(world.folder) / "accounts.csv")}
    assert truth.keys() == {row["account_id"] for row in world.rows["accounts"]}
    for row in world.rows["churn_notices"]:
        assert truth[row["account_id"]]["churn_date"] == row["churn_date"]
        assert truth[row["account_id"]]["will_churn"] == "true"
    exported = {column for rows in world.rows.values() for row in rows for column in row}
    assert not exported & {"value", "fit", "effort", "will_churn"}


def test_columns_are_those_of_the_input_contract(world: World) -> None:
    assert tuple(world.rows["contracts"][0]) == CONTRACT_COLUMNS
    assert tuple(world.rows["users"][0]) == USER_COLUMNS
    assert not any("name" in column or "mail" in column for column in USER_COLUMNS)


def test_write_demo_company_replaces_a_former_world_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    write_demo_company(DemoCompany(12, 60, TINY.last_day, seed=5), folder)
    write_demo_company(TINY, folder)
    assert len(list((folder / "usage_events").iterdir())) == TINY.day_count
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exports", "exports_truth"]


def test_write_demo_company_keeps_the_former_world_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "exports"
    write_demo_company(TINY, folder)
    before = _bytes(tmp_path)

    def fail(*_: object) -> int:
        raise OSError("disk full")

    monkeypatch.setattr(files, "write_parquet", fail)
    with pytest.raises(OSError, match="disk full"):
        write_demo_company(DemoCompany(12, 40, TINY.last_day, seed=6), folder)
    assert _bytes(tmp_path) == before


def test_write_demo_company_refuses_a_folder_with_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="thesis"):
        write_demo_company(TINY, tmp_path / "exports")
    assert [path.name for path in tmp_path.iterdir()] == ["exports"]


@pytest.mark.parametrize("seed", range(12))
def test_small_worlds_hold_their_dirt_and_use_for_any_seed(seed: int, tmp_path: Path) -> None:
    small = _world(DemoCompany(8, 28, date(2024, 3, 1), seed), tmp_path / "exports")
    unsigned = {row["ticket_id"] for row in small.rows["tickets"] if row["user_id"] is None}
    assert len(unsigned) == UNSIGNED_TICKETS
    assert len(small.events) > 0
    assert np.isin(small.events["feature_id"], [row["feature_id"] for row in small.rows["features"]]).all()


@pytest.mark.parametrize(("account_count", "day_count", "seed"), [(7, 40, 1), (12, 27, 1), (12, 40, -1)])
def test_demo_company_is_refused_when_too_small(account_count: int, day_count: int, seed: int) -> None:
    with pytest.raises(ValueError, match=r"is -?\d+, under"):
        DemoCompany(account_count, day_count, date(2026, 6, 30), seed)
