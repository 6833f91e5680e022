"""Raw: what a second load adds, when each row could have been known, and that a failed load leaves nothing."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.contract import Entity, input_contract
from dagster_project.settings import FileTable
from dagster_project.sources.files import FilesRequest, extract_files
from dagster_project.sources.landing import LandedBatch
from dagster_project.warehouse import batch as batch_loading
from dagster_project.warehouse import sql_warehouse
from dagster_project.warehouse.batch import EVENT_ARRIVAL_DAYS
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import Build, LoadResult, WarehouseError
from tests.sources.loading import assert_every_row_is_accounted_for, empty_warehouse

FIRST = datetime(2026, 3, 1, 12)
SECOND = datetime(2026, 3, 2, 12)
THIRD = datetime(2026, 3, 3, 12)
HISTORY_START = datetime(2025, 1, 1)
EVENTS_HEADER = "event_id,account_id,feature_id,event_at,event_count,received_at\n"


@dataclass(frozen=True)
class Feed:
    """One file of one entity, delivered again and again into one warehouse."""

    folder: Path
    entity: str
    told: dict[str, Any]
    is_pinned: bool
    warehouse: DuckDBWarehouse
    numbers: Iterator[int]
    source: str = "crm"

    def land(self, text: str) -> LandedBatch | None:
        (self.folder / "in").mkdir(exist_ok=True)
        (self.folder / "in" / "rows.csv").write_text(text)
        request = FilesRequest(
            source_name=self.source,
            folder=self.folder / "in",
            table=FileTable.model_validate({"files": "rows.csv"} | self.told),
            entity=input_contract()[self.entity],
            landing_dir=self.folder / "landing",
            load_id=f"load{next(self.numbers)}",
        )
        return extract_files(request, self.warehouse.files_known(self.source, self.entity))

    def move(self, batch: LandedBatch, loaded_at: datetime) -> LoadResult:
        return self.warehouse.load(batch, loaded_at, HISTORY_START, is_pinned=self.is_pinned)

    def load(self, text: str, loaded_at: datetime) -> LoadResult:
        batch = self.land(text)
        assert batch is not None
        result = self.move(batch, loaded_at)
        assert_every_row_is_accounted_for(result)
        return result

    def raw(self, columns: str) -> list[tuple[Any, ...]]:
        ordered = f"select * from raw.files_{self.entity} order by _load_number, _known_at, _record_key, _row_hash"
        found = self.warehouse.rows(f"select {columns} from ({ordered})")
        return [tuple(row.values()) for row in found]

    def rejected(self) -> list[tuple[Any, ...]]:
        found = self.warehouse.rows("select reason, value, row_number, load_number from raw.rejected_rows order by all")
        return [tuple(row.values()) for row in found]


def feed(folder: Path, entity: str = "accounts", *, is_pinned: bool = False, **told: Any) -> Feed:
    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb")
    warehouse.path.write_bytes(empty_warehouse())
    return Feed(folder, entity, told, is_pinned, warehouse, count(1))


@pytest.fixture
def accounts(tmp_path: Path) -> Feed:
    return feed(tmp_path, known_at="updated_at")


@pytest.fixture
def events(tmp_path: Path) -> Feed:
    return feed(tmp_path, "usage_events", known_at="received_at")


def account_rows(*rows: str) -> str:
    return "account_id,account_name,updated_at\n" + "".join(f"{row}\n" for row in rows)


def event_rows(*rows: str) -> str:
    return EVENTS_HEADER + "".join(f"{row}\n" for row in rows)


def test_load_finds_nothing_new_when_file_is_unchanged(accounts: Feed) -> None:
    text = account_rows("a1,One,2025-02-01", "a2,Two,2025-02-01")
    assert accounts.load(text, FIRST) == LoadResult(2, 0, 2, 0, 0, 0)
    assert accounts.land(text) is None
    assert accounts.raw("count(*)") == [(2,)]


def test_load_reads_file_again_when_its_mapping_changed(tmp_path: Path) -> None:
    text = "account_id,account_name,nick\na1,One,Uno\n"
    before = feed(tmp_path)
    before.load(text, FIRST)
    after = replace(before, told={"columns": {"account_id": "account_id", "account_name": "nick"}})
    assert after.load(text, SECOND) == LoadResult(1, 0, 1, 0, 0, 0)
    assert after.raw("account_name, _load_number") == [("One", 1), ("Uno", 2)]


def test_load_adds_one_version_when_one_row_changed(accounts: Feed) -> None:
    accounts.load(account_rows("a1,One,2025-02-01", "a2,Two,2025-02-01"), FIRST)
    result = accounts.load(account_rows("a1,One,2025-02-01", "a2,Deux,2026-03-02"), SECOND)
    assert result == LoadResult(2, 0, 1, 1, 0, 0)
    assert accounts.raw("account_id, account_name, _load_number, _known_at") == [
        ("a1", "One", 1, datetime(2025, 2, 1)),
        ("a2", "Two", 1, datetime(2025, 2, 1)),
        ("a2", "Deux", 2, SECOND),
    ]


def test_load_adds_a_version_when_a_row_changes_back(accounts: Feed) -> None:
    for name, day, loaded_at in (("One", 1, FIRST), ("Uno", 2, SECOND), ("One", 3, THIRD)):
        assert accounts.load(account_rows(f"a1,{name},2026-03-0{day}"), loaded_at).rows_loaded == 1
    assert accounts.raw("account_name") == [("One",), ("Uno",), ("One",)]


def test_load_adds_a_version_when_an_unmapped_column_changed(tmp_path: Path) -> None:
    one = feed(tmp_path)
    one.load("account_id,region\na1,north\n", FIRST)
    assert one.load("account_id,region\na1,south\n", SECOND) == LoadResult(1, 0, 1, 0, 0, 0)
    assert one.raw("_extra") == [('{"region":"north"}',), ('{"region":"south"}',)]


HISTORY = ("a1,One,2025-02-01", "a1,Uno,2025-03-01", "a1,Eins,2025-04-01", "a2,Two,2025-02-01")


@pytest.mark.parametrize(
    ("is_pinned", "known_at"), [(False, SECOND), (True, datetime(2025, 5, 1))], ids=["live", "pinned"]
)
def test_load_adds_only_the_new_row_when_history_grew(tmp_path: Path, is_pinned: bool, known_at: datetime) -> None:
    history = feed(tmp_path, is_pinned=is_pinned, known_at="updated_at")
    assert history.load(account_rows(*HISTORY), FIRST) == LoadResult(4, 0, 4, 0, 0, 0)
    result = history.load(account_rows(*HISTORY, "a1,Ichi,2025-05-01"), SECOND)
    assert result.rows_loaded == 1
    assert result.rows_unchanged + result.rows_superseded == 4
    assert history.raw("account_id, account_name, _load_number, _known_at") == [
        ("a1", "One", 1, datetime(2025, 2, 1)),
        ("a2", "Two", 1, datetime(2025, 2, 1)),
        ("a1", "Uno", 1, datetime(2025, 3, 1)),
        ("a1", "Eins", 1, datetime(2025, 4, 1)),
        ("a1", "Ichi", 2, known_at),
    ]
    assert history.rejected() == []


def test_load_skips_states_when_history_repeats_them(accounts: Feed) -> None:
    result = accounts.load(account_rows("a1,One,2025-02-01", "a1,One,2025-03-01", "a1,Uno,2025-04-01"), FIRST)
    assert result == LoadResult(3, 0, 2, 1, 0, 0)
    assert accounts.raw("account_name, _known_at") == [("One", datetime(2025, 2, 1)), ("Uno", datetime(2025, 4, 1))]


def test_load_supersedes_when_row_is_older_than_the_one_held(accounts: Feed) -> None:
    accounts.load(account_rows("a1,One,2025-04-01"), FIRST)
    assert accounts.load(account_rows("a1,Old,2025-03-01"), SECOND) == LoadResult(1, 0, 0, 0, 1, 0)
    assert accounts.raw("account_name") == [("One",)]


def test_load_keeps_the_later_row_when_key_repeats_for_one_moment(accounts: Feed) -> None:
    result = accounts.load(account_rows("a1,One,2025-02-01", "a2,Two,2025-02-01", "a1,Uno,2025-02-01"), FIRST)
    assert result == LoadResult(3, 0, 2, 0, 0, 1)
    assert accounts.raw("account_id, account_name") == [("a1", "Uno"), ("a2", "Two")]
    assert accounts.rejected() == [("repeated_key", "crm:a1", 1, 1)]


def test_load_counts_as_unchanged_when_equal_row_repeats(accounts: Feed) -> None:
    assert accounts.load(account_rows("a1,One,2025-02-01", "a1,One,2025-02-01"), FIRST) == LoadResult(2, 0, 1, 1, 0, 0)
    assert accounts.rejected() == []


def test_load_leaves_event_unchanged_when_delivered_again(events: Feed) -> None:
    events.load(event_rows("e1,a1,f1,2025-02-01,3,2025-02-02"), FIRST)
    again = event_rows(
        "e1,a1,f1,2025-02-01,3,2025-02-09", "e2,a1,f1,2025-02-01,3,2025-02-09", "e2,a1,f1,2025-02-01,3,2025-02-09"
    )
    assert events.load(again, SECOND) == LoadResult(3, 0, 1, 2, 0, 0)
    assert events.raw("event_id, _load_number") == [("e1", 1), ("e2", 2)]


def test_load_rejects_event_when_its_content_changed(events: Feed) -> None:
    events.load(event_rows("e1,a1,f1,2025-02-01,3,2025-02-02"), FIRST)
    changed = event_rows(
        "e1,a1,f1,2025-02-01,4,2025-02-02", "e2,a1,f1,2025-02-01,1,2025-02-02", "e2,a1,f1,2025-02-01,2,2025-02-02"
    )
    assert events.load(changed, SECOND) == LoadResult(3, 0, 1, 0, 0, 2)
    assert events.raw("event_id, event_count") == [("e1", 3), ("e2", 1)]
    assert events.rejected() == [("event_changed", "crm:e1", 1, 2), ("event_changed", "crm:e2", 3, 2)]


def test_load_takes_event_as_new_when_key_arrived_long_ago(events: Feed) -> None:
    events.load(event_rows("e1,a1,f1,2025-02-01,3,2025-02-02"), FIRST)
    again = event_rows("e1,a1,f1,2025-02-01,3,2025-02-03")
    assert events.load(again, FIRST + timedelta(days=EVENT_ARRIVAL_DAYS, seconds=1)).rows_loaded == 1


@pytest.mark.parametrize(
    ("is_pinned", "second"), [(False, SECOND), (True, datetime(2025, 2, 2, 1, 30))], ids=["live", "pinned"]
)
def test_load_knows_rows_from_source_time_and_delay_when_first_or_pinned(
    tmp_path: Path, is_pinned: bool, second: datetime
) -> None:
    one = feed(tmp_path, is_pinned=is_pinned, known_at="updated_at", source_delay_hours=1.5)
    one.load(account_rows("a1,One,2025-02-01"), FIRST)
    one.load(account_rows("a1,Uno,2025-02-02"), SECOND)
    assert one.raw("account_name, _known_at, _loaded_at, _is_reconstructed") == [
        ("One", datetime(2025, 2, 1, 1, 30), FIRST, False),
        ("Uno", second, SECOND, False),
    ]


def test_load_marks_rows_reconstructed_when_source_tells_no_time(tmp_path: Path) -> None:
    one = feed(tmp_path)
    one.load("account_id,account_name\na1,One\n", FIRST)
    one.load("account_id,account_name\na1,Uno\n", SECOND)
    assert one.raw("account_name, _known_at, _is_reconstructed") == [
        ("One", HISTORY_START, True),
        ("Uno", SECOND, False),
    ]


def test_load_marks_rows_reconstructed_when_mapping_says_so(tmp_path: Path) -> None:
    one = feed(tmp_path, known_at="updated_at", is_reconstructed=True)
    one.load(account_rows("a1,One,2025-02-01"), FIRST)
    assert one.raw("_known_at, _is_reconstructed") == [(datetime(2025, 2, 1), True)]


def test_load_knows_events_from_their_own_time_when_source_tells_none(tmp_path: Path) -> None:
    one = feed(tmp_path, "usage_events")
    one.load(event_rows("e1,a1,f1,2025-02-01T10:00:00,3,"), FIRST)
    assert one.raw("_known_at, _is_reconstructed") == [(datetime(2025, 2, 1, 10), True)]


def test_load_leaves_nothing_when_it_fails(accounts: Feed) -> None:
    text = account_rows("a1,One,2025-02-01", ",Two,2025-02-01")
    batch = accounts.land(text)
    assert batch is not None
    rejected = batch.rejected_path.read_bytes()
    batch.rejected_path.unlink()  # it is read last
    with pytest.raises(duckdb.Error, match=r"load1\.rejected\.parquet"):
        accounts.move(batch, FIRST)
    for table in ("files_accounts", "batches", "batch_files", "fed_columns", "current_rows", "rejected_rows"):
        assert accounts.warehouse.rows(f"select * from raw.{table}") == []
    batch.rejected_path.write_bytes(rejected)
    assert accounts.move(batch, FIRST) == LoadResult(2, 0, 1, 0, 0, 1)


def test_load_leaves_nothing_when_it_is_interrupted(accounts: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> LoadResult:
        raise KeyboardInterrupt

    batch = accounts.land(account_rows("a1,One,2025-02-01"))
    assert batch is not None
    with monkeypatch.context() as patched:
        patched.setattr(batch_loading, "_record", interrupt)  # the rows are written by then
        with pytest.raises(KeyboardInterrupt):
            accounts.move(batch, FIRST)
    assert accounts.raw("count(*)") == [(0,)]
    assert accounts.warehouse.rows("select * from raw.current_rows") == []
    assert accounts.move(batch, FIRST) == LoadResult(1, 0, 1, 0, 0, 0)


def test_load_refuses_when_batch_is_in_raw_already(accounts: Feed) -> None:
    batch = accounts.land(account_rows("a1,One,2025-02-01"))
    assert batch is not None
    accounts.move(batch, FIRST)
    with pytest.raises(WarehouseError, match=r"^The batch load1 is in raw already\.$"):
        accounts.move(batch, SECOND)
    assert accounts.raw("count(*)") == [(1,)]


def test_load_keeps_sources_apart_when_they_share_an_id(accounts: Feed) -> None:
    text = account_rows("a1,One,2025-02-01")
    accounts.load(text, FIRST)
    billing = replace(accounts, source="billing")
    assert billing.load(text, SECOND) == LoadResult(1, 0, 1, 0, 0, 0)
    assert accounts.raw("_record_key, _source_name, _known_at") == [
        ("crm:a1", "crm", datetime(2025, 2, 1)),
        ("billing:a1", "billing", datetime(2025, 2, 1)),
    ]


def test_load_writes_ledger_when_done(accounts: Feed) -> None:
    accounts.load(account_rows("a1,One,2025-02-01", "a2,Two,2025-01-15", ",None,2025-01-01"), FIRST)
    assert accounts.warehouse.rows("select * from raw.batches") == [
        {
            "load_number": 1, "load_id": "load1", "source_name": "crm", "source_type": "files", "entity": "accounts",
            "rows_read": 3, "rows_filtered": 0, "rows_loaded": 2, "rows_unchanged": 0, "rows_superseded": 0,
            "rows_rejected": 1, "rows_new": 2, "rows_removed": 0, "source_state": None,
            "earliest_change_date": date(2025, 1, 15),
            "newest_known_at": datetime(2025, 2, 1), "loaded_at": FIRST,
        }
    ]  # fmt: skip
    path = accounts.folder / "in" / "rows.csv"
    [file] = accounts.warehouse.rows("select file_path, size_bytes, fingerprint from raw.batch_files")
    assert (file["file_path"], file["size_bytes"]) == (str(path), path.stat().st_size)
    assert accounts.warehouse.files_known("crm", "accounts") == {file["fingerprint"]}
    assert accounts.warehouse.files_known("crm", "users") == set()


def test_fed_columns_list_each_column_once_when_mapping_grows(tmp_path: Path) -> None:
    one = feed(tmp_path)
    one.load("account_id,account_name\na1,One\n", FIRST)
    one.load("account_id,account_name,segment\na1,One,small\n", SECOND)
    found = one.warehouse.rows("select * from raw.fed_columns order by column_name")
    assert [(row["column_name"], row["first_load_number"]) for row in found] == [
        ("account_id", 1),
        ("account_name", 1),
        ("segment", 2),
    ]
    assert {(row["source_name"], row["entity"]) for row in found} == {("crm", "accounts")}


def test_prepare_widens_table_when_contract_gains_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = input_contract()["accounts"]
    narrow = replace(whole, columns=tuple(column for column in whole.columns if column.name != "country"))
    contract: dict[str, Entity] = {"accounts": narrow}
    monkeypatch.setattr(sql_warehouse, "input_contract", lambda: contract)
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    warehouse.prepare(["files"])
    with duckdb.connect(warehouse.path) as connection:
        connection.execute("insert into raw.files_accounts (account_id) values ('a1')")
    contract["accounts"] = whole
    warehouse.prepare(["files"])
    warehouse.prepare(["files"])
    assert warehouse.rows("select account_id, country from raw.files_accounts") == [
        {"account_id": "a1", "country": None}
    ]
    found = warehouse.rows(
        "select column_name, data_type from duckdb_columns() where table_name = 'files_accounts' "
        "and column_name in ('country', 'is_test') order by all"
    )
    assert [tuple(row.values()) for row in found] == [("country", "VARCHAR"), ("is_test", "BOOLEAN")]


def test_earliest_change_counts_only_later_loads_when_a_build_is_given(events: Feed) -> None:
    warehouse = events.warehouse
    assert (warehouse.last_build(), warehouse.earliest_change_since(None), warehouse.last_load_number()) == (
        None,
        None,
        0,
    )
    events.load(event_rows("e1,a1,f1,2025-02-01,3,2025-02-02"), FIRST)
    assert warehouse.earliest_change_since(None) == date(2025, 2, 1)
    build = Build("b1", date(2025, 2, 1), date(2025, 2, 28), date(2025, 2, 28), warehouse.last_load_number())
    warehouse.record_build(build)
    assert warehouse.last_build() == build
    assert warehouse.earliest_change_since(build) is None
    events.load(event_rows("e1,a1,f1,2025-02-01,3,2025-02-03"), SECOND)
    assert warehouse.earliest_change_since(build) is None  # nothing of it was new
    events.load(event_rows("e2,a1,f1,2025-02-10,3,2025-02-12"), THIRD)
    assert warehouse.earliest_change_since(build) == date(2025, 2, 10)


HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_connection_refuses_when_another_process_writes(accounts: Feed) -> None:
    path = accounts.warehouse.path
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(WarehouseError) as caught:
            accounts.warehouse.last_load_number()
        other.communicate()
    assert str(caught.value).startswith(f"{path} cannot be opened: ")
    assert str(caught.value).endswith("\nIs another run still working? Wait for it, or stop it.")
    assert accounts.warehouse.last_load_number() == 0
