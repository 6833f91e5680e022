"""From landing into raw: what is held and why, what makes it whole again, and that no row is lost on the way."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project import loading
from dagster_project.checks.batches import FormerFile, volume_faults
from dagster_project.checks.raw import blocking_faults, check_results, unreconciled_batches
from dagster_project.facts import keep_fact, restore_facts
from dagster_project.loading import LoadedTable, load_all, load_waiting
from dagster_project.settings import CalendarSettings, FilesSource, Settings, SettingsError
from dagster_project.source_states import late_sources, not_delivering, note_states
from dagster_project.sources.landing import Delivery, LandedFile
from dagster_project.warehouse.duckdb import DuckDBWarehouse

AS_OF = date(2026, 6, 30)
FUTURE = "b1,Future,2099-01-01,2026-06-30T00:00:00"
HEADER = "account_id,account_name,signed_up_date,updated_at"


def rows(count: int, start: int = 0) -> list[str]:
    return [f"a{n},Name {n},2026-01-01,2026-06-29T0{n % 9}:00:00" for n in range(start, start + count)]


@dataclass(frozen=True)
class House:
    """A source with one table, and the warehouse it fills."""

    settings: Settings
    warehouse: DuckDBWarehouse

    def deliver(self, name: str, lines: Iterable[str], header: str = HEADER) -> None:
        folder = self.settings.home / "in"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")

    def load(self, *confirmed: str, as_of_date: date = AS_OF) -> LoadedTable:
        [table] = load_all(self.settings, self.warehouse, [("crm", "accounts")], as_of_date, confirmed)
        note_states(self.settings, self.warehouse, [table], as_of_date)
        return table

    def ids(self) -> set[str]:
        return {row["account_id"] for row in self.warehouse.rows("select account_id from raw.files_accounts")}

    def states(self) -> list[tuple[str, str]]:
        told = self.warehouse.rows("select state, since_at from raw.source_states order by fact_id")
        return [(row["state"], f"{row['since_at']:%Y-%m-%d}") for row in told]

    def landed(self, suffix: str) -> list[Path]:
        return sorted((self.settings.landing_dir / "crm" / "accounts").glob(f"*{suffix}"))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return house_of(tmp_path, "accounts")


def house_of(tmp_path: Path, entity: str) -> House:
    table = {"files": "*.csv", "known_at": "updated_at"}
    source = FilesSource.model_validate(
        {
            "type": "files",
            "folder": str(tmp_path / "home" / "in"),
            "late_after_hours": 48,
            "tables": {entity: table},
        }
    )
    settings = Settings(
        home=tmp_path / "home",
        config_path=tmp_path / "bansou.toml",
        environment={},
        calendar=CalendarSettings(history_start_date=date(2026, 1, 1), as_of_date=AS_OF),
        sources={"crm": source},
    )
    warehouse = DuckDBWarehouse(settings.build_path)
    warehouse.prepare(["files"])
    return House(settings, warehouse)


def test_sound_batch_is_loaded_and_its_record_stands_beside_its_rows(house: House) -> None:
    house.deliver("one.csv", rows(30))
    table = house.load()
    assert table.fault is None
    assert table.result is not None
    assert table.result.rows_loaded == 30
    [record] = house.landed(".json")
    assert json.loads(record.read_text())["batch"]["load_id"] == record.stem
    assert house.load().batch is None


@pytest.mark.parametrize(
    ("name", "lines", "header", "told"),
    [
        ("two.csv", [FUTURE], HEADER, "accounts_signed_up_in_the_future is 1: expected 0"),
        ("one.csv", rows(14), HEADER, "one.csv has 14 rows, sharply fewer than the 30 of its last delivery"),
        ("two.csv", [f"b{n},Name,31/02/2026," for n in range(12)], HEADER, "12 of 12 rows are rejected"),
        ("two.csv", ["b1,One,31/02/2026,"], HEADER, "1 of 1 rows are rejected"),
        ("two.csv", ["One,2026-01-01"], "account_name,signed_up_date", "account_id"),
    ],
    ids=["breaks_its_suite", "sharply_smaller", "mostly_rejected", "wholly_rejected", "lacks_a_column"],
)  # fmt: skip
def test_batch_is_held_when_it_breaks_its_contract(
    house: House, name: str, lines: list[str], header: str, told: str
) -> None:
    house.deliver("one.csv", rows(30))
    house.load()
    before = house.ids()
    house.deliver(name, lines, header)
    table = house.load()
    assert table.fault is not None
    assert told in table.fault
    assert (table.result, house.ids()) == (None, before)
    assert blocking_faults(house.warehouse, [table]) == {}
    [held] = not_delivering(house.warehouse)
    assert (held["source_name"], held["entity"], held["state"]) == ("crm", "accounts", "held")
    assert told in held["message"]
    outcomes = {(check.check_name, check.outcome) for check in check_results(house.warehouse, [table], {}, [])}
    assert ("batch_is_taken", "held") in outcomes
    assert ("has_rows", "passed") in outcomes


def test_hearing_that_does_not_say_who_heard_it_is_rejected_with_its_row(tmp_path: Path) -> None:
    house = house_of(tmp_path, "hearings")
    header = "hearing_id,account_id,owner_id,hearing_role,heard_date,satisfaction_points,renewal_points,updated_at"
    heard = [f"h{n},a{n},o1,sales,2026-06-01,3,3,2026-06-02T00:00:00" for n in range(30)]
    nobody = "x1,a1,,sales,2026-06-01,3,3,2026-06-02T00:00:00"
    no_role = "x2,a1,o1,,2026-06-01,3,3,2026-06-02T00:00:00"
    other_role = "x3,a1,o1,boss,2026-06-01,3,3,2026-06-02T00:00:00"
    house.deliver("heard.csv", [*heard, nobody, no_role, other_role], header)
    [table] = load_all(house.settings, house.warehouse, [("crm", "hearings")], AS_OF, ())
    assert table.result is not None
    assert (table.result.rows_loaded, table.result.rows_rejected) == (30, 3)
    told = house.warehouse.rows("select row_number, reason, column_name from raw.rejected_rows order by row_number")
    assert [tuple(row.values()) for row in told] == [
        (31, "missing_value", "owner_id"),
        (32, "missing_value", "hearing_role"),
        (33, "unknown_value", "hearing_role"),
    ]


def test_batch_with_a_few_bad_rows_is_loaded_without_them(house: House) -> None:
    house.deliver("one.csv", [*rows(30), "x1,Bad,31/02/2026,", "x2,Bad,32/02/2026,"])
    table = house.load()
    assert table.result is not None
    assert (table.result.rows_loaded, table.result.rows_rejected) == (30, 2)
    assert unreconciled_batches(house.warehouse, [table]) == []


def test_score_override_is_rejected_when_it_lacks_its_author_end_or_content_or_lasts_too_long(tmp_path: Path) -> None:
    made = house_of(tmp_path, "score_overrides")
    header = (
        "override_id,account_id,owner_id,score_id,override_band,override_score,reason,start_date,end_date,updated_at"
    )
    told = "2026-06-01T00:00:00"
    lines = [
        f"band,a1,o1,health,at_risk,,Why,2026-06-01,2026-07-01,{told}",
        f"score,a1,o1,health,,4,Why,2026-06-01,2026-06-02,{told}",
        f"no_owner,a1,,health,at_risk,,Why,2026-06-01,2026-06-10,{told}",
        f"no_end,a1,o1,health,at_risk,,Why,2026-06-01,,{told}",
        f"no_day,a1,o1,health,at_risk,,Why,2026-06-01,2026-06-01,{told}",
        f"too_long,a1,o1,health,at_risk,,Why,2026-06-01,2026-07-02,{told}",
        f"empty,a1,o1,health,,,Why,2026-06-01,2026-06-10,{told}",
        f"too_high,a1,o1,health,,4.1,Why,2026-06-01,2026-06-10,{told}",
    ]
    made.deliver("one.csv", lines, header)
    [table] = load_all(made.settings, made.warehouse, [("crm", "score_overrides")], AS_OF, ())
    assert table.fault is None
    loaded = made.warehouse.rows("select override_id from raw.files_score_overrides order by override_id")
    assert [row["override_id"] for row in loaded] == ["band", "score"]
    rejected = made.warehouse.rows("select coalesce(column_name, reason) as why from raw.rejected_rows order by why")
    assert [row["why"] for row in rejected] == [
        "end_date",
        "overrides_longer_than_30_days",
        "overrides_that_end_before_they_hold_a_day",
        "overrides_with_score_outside_of_0_to_4",
        "overrides_without_band_and_score",
        "owner_id",
    ]


def test_smaller_fetch_is_loaded_when_somebody_confirms_it(house: House) -> None:
    house.deliver("one.csv", rows(30))
    house.load()
    house.deliver("one.csv", rows(5, start=100))
    assert house.load().fault is not None
    assert house.load("crm.users").fault is not None
    table = house.load("crm.accounts")
    assert table.fault is None
    assert {"a100", "a0"} <= house.ids()
    assert not_delivering(house.warehouse) == []


def test_the_same_files_held_again_leave_one_copy(house: House) -> None:
    house.deliver("one.csv", rows(30))
    house.load()
    house.deliver("one.csv", rows(5))
    for _ in range(3):
        assert house.load().fault is not None
    assert len(house.landed(".held.json")) == 1
    assert len(house.landed(".parquet")) == 4  # rows and rejections, of the loaded batch and of the held one


@pytest.mark.parametrize(
    ("before", "now", "is_held"),
    [
        ([40, 40, 40], 20, False),
        ([40, 40, 40], 19, True),
        ([40, 10, 40], 3, False),  # ten rows say too little
        ([40, 400, 400, 400, 400, 400, 400, 400], 199, True),  # the small one is more than a week back
        ([400, 400, 400, 400, 400, 400, 40], 21, False),  # a weekend is among the last seven
        ([40, 40], 1, False),  # too short a series
    ],
)
def test_new_file_is_held_against_the_smallest_of_its_series(before: list[int], now: int, *, is_held: bool) -> None:
    former = [FormerFile("first.csv", 100_000, is_of_first_load=True)]
    former += [FormerFile(f"{n}.csv", count, is_of_first_load=False) for n, count in enumerate(before)]
    assert bool(volume_faults([LandedFile("new.csv", "f", 1, now)], former, 0.5, 20)) is is_held


def test_nothing_is_built_where_the_first_load_is_held_or_empty(house: House) -> None:
    house.deliver("one.csv", [FUTURE])
    table = house.load()
    assert "accounts_signed_up_in_the_future" in blocking_faults(house.warehouse, [table])["files_accounts"]
    house.deliver("one.csv", [])
    table = house.load()
    assert "crm.accounts has never delivered a row" in blocking_faults(house.warehouse, [table])["files_accounts"]


def test_held_state_ends_with_the_next_delivery(house: House) -> None:
    house.deliver("one.csv", rows(30))
    house.load()
    house.deliver("one.csv", rows(3))
    house.load()
    house.load()
    house.deliver("one.csv", [*rows(30), "b1,New,2026-01-01,2026-07-01T00:00:00"])
    house.load(as_of_date=AS_OF + timedelta(days=1))
    assert house.states() == [("held", "2026-06-30"), ("delivering", "2026-07-01")]


def test_source_is_late_when_it_has_told_nothing_for_too_long(house: House) -> None:
    house.deliver("one.csv", ["a1,One,2026-01-01,2026-06-29T00:00:00"])
    house.load()
    assert late_sources(house.settings, house.warehouse, AS_OF) == {}
    house.load(as_of_date=AS_OF + timedelta(days=1))
    [late] = not_delivering(house.warehouse)
    assert late["state"] == "late"
    assert "crm has told nothing since 2026-06-29 00:00 UTC" in late["message"]


def test_batch_that_landed_before_the_run_was_stopped_is_loaded_by_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.deliver("one.csv", rows(30))

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loading, "_load", stop)
        house.load()
    assert house.ids() == set()
    house.deliver("one.csv", rows(31))  # the file of then is gone
    house.load()
    assert len(house.ids()) == 31
    [first, second] = house.warehouse.rows("select rows_read, rows_unchanged from raw.batches order by load_number")
    assert (first["rows_read"], second["rows_unchanged"]) == (30, 30)


def test_what_landed_without_a_record_is_removed_and_read_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.deliver("one.csv", rows(30))

    def stop(_: Delivery) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Delivery, "keep", stop)
        house.load()
    assert len(house.landed(".parquet")) == 2
    house.load()
    assert len(house.landed(".parquet")) == 2
    assert len(house.ids()) == 30


def test_lost_warehouse_is_filled_again_from_landing_and_facts(house: House) -> None:
    house.deliver("one.csv", [*rows(30), "x1,Bad,31/02/2026,"])
    house.load()
    house.deliver("two.csv", ["a1,Uno,2026-01-01,2026-06-20T00:00:00"])
    house.load()
    house.deliver("two.csv", [FUTURE])
    house.load()
    tables = (
        "files_accounts",
        "batches",
        "batch_files",
        "fed_columns",
        "rejected_rows",
        "current_rows",
        "source_states",
    )
    before = {table: house.warehouse.rows(f"select * from raw.{table} order by all") for table in tables}
    assert all(before.values())
    house.warehouse.path.unlink()
    house.warehouse.prepare(["files"])
    restore_facts(house.settings, house.warehouse)
    assert load_waiting(house.settings, house.warehouse) == 2
    assert {table: house.warehouse.rows(f"select * from raw.{table} order by all") for table in tables} == before


def test_fact_is_restored_once_when_the_run_stopped_between_file_and_row(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    fact = {"seed_name": "bands", "content": "it's\n日本語", "counts_from_date": AS_OF, "version_number": 1}

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(DuckDBWarehouse, "keep_fact", stop)
        keep_fact(house.settings, house.warehouse, "configuration_versions", [fact])
    for _ in range(2):
        restore_facts(house.settings, house.warehouse)
    [found] = house.warehouse.rows("select * from raw.configuration_versions")
    assert {name: found[name] for name in fact} == fact


def test_load_is_refused_when_the_clock_stands_before_the_last_one(house: House) -> None:
    house.deliver("one.csv", rows(30))
    house.load()
    later = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1)
    with duckdb.connect(house.warehouse.path) as connection:
        connection.execute("update raw.batches set loaded_at = ?", [later])
    house.deliver("two.csv", rows(1, start=50))
    with pytest.raises(SettingsError, match=rf"rows were loaded at {later:%Y-%m-%d %H:%M} UTC already"):
        house.load()
    assert len(house.ids()) == 30


def test_batch_is_unreconciled_when_rows_are_lost_or_doubled(house: House) -> None:
    house.deliver("one.csv", [*rows(30), "x1,Bad,31/02/2026,"])
    table = house.load()
    assert unreconciled_batches(house.warehouse, [table]) == []
    with duckdb.connect(house.warehouse.path) as connection:
        connection.execute("delete from raw.files_accounts where account_id = 'a1'")
    [found] = unreconciled_batches(house.warehouse, [table])
    assert (found["rows_loaded"], found["rows_stored"]) == (30, 29)
    outcomes = {check.check_name: check.outcome for check in check_results(house.warehouse, [table], {}, ["sessions"])}
    assert outcomes["every_row_is_accounted_for"] == "failed"


def test_entity_without_source_is_not_applicable(house: House) -> None:
    house.deliver("one.csv", rows(30))
    found = check_results(house.warehouse, [house.load()], {}, ["sessions"])
    assert [(check.table_name, check.outcome) for check in found if check.outcome != "passed"] == [
        ("sessions", "not_applicable")
    ]


def test_fetch_is_tried_again_when_the_system_fails(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.deliver("one.csv", rows(30))
    attempts: list[int] = []
    pauses: list[float] = []
    fetch = loading._fetch_files

    def fails_twice(*arguments: object) -> object:
        attempts.append(1)
        if len(attempts) < 3:
            raise OSError(5, "Input/output error", "one.csv")
        return fetch(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "_fetch_files", fails_twice)
    monkeypatch.setattr("time.sleep", pauses.append)
    assert house.load().fault is None
    assert pauses == [0.5, 1.0]


def test_table_is_held_when_the_system_goes_on_failing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.deliver("one.csv", rows(30))

    def fails(*_: object) -> None:
        raise OSError(5, "Input/output error", "one.csv")

    monkeypatch.setattr(loading, "_fetch_files", fails)
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert house.load().fault == "[Errno 5] Input/output error: 'one.csv' (tried 3 times)"
