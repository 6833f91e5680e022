"""A mart of which readers see the last days and month ends, and its history in files a month."""

import os
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from dagster_project import publishing
from dagster_project.checks.gate import GateClosedError
from dagster_project.durable import digest_of
from dagster_project.publishing import (
    PublicMart,
    PublishedSet,
    damaged_files,
    is_whole,
    publish_set,
    read_manifest,
    roll_back,
)
from dagster_project.settings import CalendarSettings, PublishSettings, Settings
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import Build, WarehouseError

FIRST, AS_OF = date(2026, 2, 10), date(2026, 6, 15)
MONTHS = ["2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]
MART = PublicMart("fct_a", {"amount": "How much."}, range_column="score_date", published_days=20)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Desk:
    """A warehouse with a daily mart of two rows a day, and where it publishes to."""

    settings: Settings
    warehouse: DuckDBWarehouse
    mart: PublicMart = MART

    @property
    def published(self) -> Path:
        return self.settings.published_dir

    @property
    def current(self) -> Path:
        return (self.published / "current").resolve()

    def run(self, *statements: str) -> None:
        with duckdb.connect(self.warehouse.path) as connection:
            for statement in statements:
                connection.execute(statement)

    def build(self, first: date, last: date, amount: int = 0, *, is_finished: bool = True) -> None:
        """Write a range of days as a build does."""
        build = Build(f"b{first}{last}{amount}", first, last, last, 0)
        self.warehouse.begin_build(build)
        self.run(
            f"delete from marts.fct_a where score_date between date '{first}' and date '{last}'",
            f"insert into marts.fct_a select cast(d as date), n, {amount} from range(date '{first}', "
            f"date '{last}' + interval 1 day, interval 1 day) as days (d), (values ('x'), ('y')) as names (n)",
        )
        if is_finished:
            self.warehouse.record_build(build)

    def publish(self) -> PublishedSet:
        return publish_set(self.settings, self.warehouse, [self.mart], [])

    def manifest(self) -> dict[str, Any]:
        found = read_manifest(self.settings)
        assert found is not None
        return found

    def history(self) -> Path:
        return self.current / "parquet" / "history" / "fct_a"

    def inodes(self) -> dict[str, int]:
        return {path.stem: path.stat().st_ino for path in sorted(self.history().iterdir())}

    def days_seen(self) -> list[date]:
        with duckdb.connect(self.published / "marts.duckdb", read_only=True) as connection:
            days = connection.execute("select distinct score_date from fct_a order by all").fetchall()
            in_parquet = connection.execute(
                f"select distinct score_date from '{self.current}/parquet/fct_a.parquet' order by all"
            ).fetchall()
        assert days == in_parquet
        return [day for (day,) in days]

    def assert_history_is_the_mart(self) -> None:
        """Every row of the mart once, each in the file of its month, and the manifest's counts true."""
        entries = self.manifest()["tables"]["fct_a"]["history"]
        files = {entry["file"] for entry in entries}
        assert {str(path.relative_to(self.current)) for path in self.history().iterdir()} == files
        with duckdb.connect(self.warehouse.path, read_only=True) as connection:
            history = f"read_parquet('{self.history()}/*.parquet')"
            wanted = connection.execute("select * from marts.fct_a order by all").fetchall()
            assert connection.execute(f"select * from {history} order by all").fetchall() == wanted
            for entry in entries:
                found = connection.execute(
                    f"select count(*), min(strftime(score_date, '%Y-%m')), max(strftime(score_date, '%Y-%m')) "
                    f"from '{self.current}/{entry['file']}'"
                ).fetchone()
                assert found == (entry["rows"], entry["month"], entry["month"])
        assert damaged_files(self.current) == []


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Everything up to the as-of date is published."""
    monkeypatch.setattr(publishing, "code_version", lambda: "c0de")
    settings = Settings(
        home=tmp_path / "home",
        config_path=tmp_path / "bansou.toml",
        environment={},
        calendar=CalendarSettings(history_start_date=FIRST),
        sources={},
        publish=PublishSettings(sets_kept=3),
    )
    made = Desk(settings, DuckDBWarehouse(settings.build_path))
    made.warehouse.prepare([])
    made.run("create schema marts", "create table marts.fct_a (score_date date, name text, amount numeric(18,2))")
    made.build(FIRST, AS_OF)
    made.publish()
    return made


def changed_months(before: dict[str, int], after: dict[str, int]) -> list[str]:
    return [month for month, inode in after.items() if before.get(month) != inode]


def test_readers_see_the_last_days_and_month_ends_and_no_others(desk: Desk) -> None:
    month_ends = [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    last_days = [date(2026, 5, 27) + number * DAY for number in range(20)]
    assert last_days[-1] == AS_OF
    assert desk.days_seen() == month_ends + last_days
    assert desk.manifest()["row_counts"] == {"fct_a": 46}


def test_window_moves_on_and_a_month_end_stays_when_a_day_is_added(desk: Desk) -> None:
    desk.build(AS_OF + DAY, date(2026, 6, 25))
    desk.publish()
    seen = desk.days_seen()
    assert date(2026, 5, 31) in seen
    assert date(2026, 6, 5) not in seen
    assert len(seen) == 4 + 20


def test_history_holds_every_row_once_and_the_manifest_says_so(desk: Desk) -> None:
    desk.assert_history_is_the_mart()
    manifest = desk.manifest()
    assert manifest["build"] == {"build_number": 1, "build_id": f"b{FIRST}{AS_OF}0"}
    told = manifest["tables"]["fct_a"]
    assert (told["published_days"], told["range_column"]) == (20, "score_date")
    assert [entry["month"] for entry in told["history"]] == MONTHS
    assert [entry["rows"] for entry in told["history"]] == [38, 62, 60, 62, 30]
    assert told["history"][0]["file"] == "parquet/history/fct_a/2026-02.parquet"


def test_files_of_history_describe_their_columns(desk: Desk) -> None:
    assert pq.read_schema(desk.history() / "2026-03.parquet").metadata[b"column.amount"] == b"How much."


def test_unchanged_months_are_linked_and_the_changed_one_is_written_when_a_day_is_added(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, digests = desk.inodes(), desk.manifest()["files"]
    read: list[Path] = []

    def noted(path: Path) -> str:
        read.append(path)
        return digest_of(path)

    monkeypatch.setattr(publishing, "digest_of", noted)
    desk.build(AS_OF + DAY, AS_OF + DAY)
    assert not desk.publish().is_unchanged
    assert changed_months(before, desk.inodes()) == ["2026-06"]
    assert [path.name for path in read if "history" in path.parts] == ["2026-06.parquet"]
    files = desk.manifest()["files"]
    assert [name for name in files if files[name] != digests[name]] == [
        "marts.duckdb",
        "parquet/fct_a.parquet",
        "parquet/history/fct_a/2026-06.parquet",
    ]
    desk.assert_history_is_the_mart()


def test_a_new_month_has_a_file_of_its_own(desk: Desk) -> None:
    before = desk.inodes()
    desk.build(AS_OF + DAY, date(2026, 7, 1))
    desk.publish()
    assert changed_months(before, desk.inodes()) == ["2026-06", "2026-07"]
    desk.assert_history_is_the_mart()


def test_a_past_day_built_again_rewrites_its_month_and_the_later_ones(desk: Desk) -> None:
    before, first_id = desk.inodes(), desk.manifest()["publish_id"]
    desk.build(date(2026, 4, 2), date(2026, 4, 2), amount=7)
    desk.build(AS_OF, AS_OF)
    published = desk.publish()
    assert published.publish_id != first_id, "a day that only history holds is content too"
    assert changed_months(before, desk.inodes()) == ["2026-04", "2026-05", "2026-06"]
    desk.assert_history_is_the_mart()


def test_builds_of_a_publish_that_was_refused_count_at_the_next(desk: Desk) -> None:
    before = desk.inodes()
    desk.build(date(2026, 3, 2), AS_OF, amount=7)
    desk.run("alter table marts.fct_a rename to kept", "create table marts.fct_a as from marts.kept limit 0")
    with pytest.raises(GateClosedError, match="fct_a has no rows"):
        desk.publish()
    desk.run("drop table marts.fct_a", "alter table marts.kept rename to fct_a")
    desk.build(AS_OF, AS_OF)
    desk.publish()
    assert changed_months(before, desk.inodes()) == MONTHS[1:]
    desk.assert_history_is_the_mart()


def test_days_of_a_build_that_did_not_finish_are_written_with_the_next_and_not_again_after_it(desk: Desk) -> None:
    before = desk.inodes()
    desk.build(date(2026, 3, 2), AS_OF, amount=7, is_finished=False)
    desk.build(AS_OF, AS_OF)
    desk.publish()
    assert changed_months(before, between := desk.inodes()) == MONTHS[1:]
    desk.assert_history_is_the_mart()
    desk.build(AS_OF + DAY, AS_OF + DAY)
    desk.publish()
    assert changed_months(between, desk.inodes()) == ["2026-06"]


def test_publish_changes_nothing_when_content_is_equal(desk: Desk) -> None:
    before = desk.inodes()
    desk.build(date(2026, 3, 2), AS_OF)
    assert desk.publish().is_unchanged
    assert desk.inodes() == before
    assert len(list((desk.published / "sets").iterdir())) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "alter table marts.fct_a add column extra integer",
        "delete from raw.builds",
        "delete from marts.fct_a where score_date = date '2026-03-05'",
    ],
    ids=["another column", "a warehouse that does not know the build", "rows that no build took away"],
)
def test_all_months_are_written_when_the_former_set_does_not_tell(desk: Desk, statement: str) -> None:
    before = desk.inodes()
    desk.run(statement)
    desk.warehouse.record_build(Build("other", AS_OF, AS_OF, AS_OF, 0))
    desk.run("insert into marts.fct_a (score_date) values (date '2026-06-14')")
    desk.publish()
    assert changed_months(before, desk.inodes()) == MONTHS
    desk.assert_history_is_the_mart()


def test_all_months_are_written_when_a_description_changes_or_the_former_set_had_no_history(desk: Desk) -> None:
    before = desk.inodes()
    desk.build(AS_OF + DAY, AS_OF + DAY)
    replace(desk, mart=replace(MART, descriptions={"amount": "What it is worth."})).publish()
    assert changed_months(before, desk.inodes()) == MONTHS
    replace(desk, mart=PublicMart("fct_a")).publish()
    assert not desk.history().exists()
    assert len(desk.days_seen()) == (AS_OF - FIRST).days + 2
    desk.publish()
    desk.assert_history_is_the_mart()


def test_a_set_is_not_whole_when_a_file_of_history_is_gone_and_the_next_publish_writes_it(desk: Desk) -> None:
    (desk.history() / "2026-03.parquet").unlink()
    assert not is_whole(desk.settings)
    assert damaged_files(desk.current) == ["parquet/history/fct_a/2026-03.parquet"]
    assert not desk.publish().is_unchanged
    desk.assert_history_is_the_mart()


def test_a_damaged_file_of_history_is_written_anew_and_not_handed_on(desk: Desk) -> None:
    damaged = desk.history() / "2026-03.parquet"
    with damaged.open("r+b") as file:
        file.write(b"xx")
    assert not desk.publish().is_unchanged
    assert not desk.history().samefile(damaged.parent)
    desk.assert_history_is_the_mart()


def test_files_are_copied_where_linking_is_not_possible(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.inodes()

    def refuse(*_: object) -> None:
        raise OSError("Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    desk.build(AS_OF + DAY, AS_OF + DAY)
    desk.publish()
    assert changed_months(before, desk.inodes()) == MONTHS
    desk.assert_history_is_the_mart()


def test_an_open_history_reads_on_when_its_set_is_dropped(desk: Desk) -> None:
    first = desk.history()
    with (first / "2026-02.parquet").open("rb") as file:
        for number in range(1, 5):
            desk.build(AS_OF + number * DAY, AS_OF + number * DAY)
            desk.publish()
        assert not first.exists()
        assert pq.read_table(file).num_rows == 38
    desk.assert_history_is_the_mart()


def test_a_publish_that_stops_leaves_the_history_that_readers_see(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.inodes()
    desk.build(date(2026, 5, 1), AS_OF, amount=9)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_seal", stop)
        with pytest.raises(KeyboardInterrupt):
            desk.publish()
    assert desk.inodes() == before
    assert is_whole(desk.settings)
    desk.publish()
    assert changed_months(before, desk.inodes()) == ["2026-05", "2026-06"]
    desk.assert_history_is_the_mart()


def test_rollback_shows_the_former_history_and_the_next_publish_goes_on(desk: Desk) -> None:
    first, before = desk.manifest()["publish_id"], desk.inodes()
    desk.build(date(2026, 4, 2), AS_OF, amount=9)
    desk.publish()
    assert roll_back(desk.settings, desk.warehouse) == first
    assert (desk.inodes(), damaged_files(desk.current)) == (before, [])
    desk.publish()
    assert changed_months(before, desk.inodes()) == MONTHS[2:]
    desk.assert_history_is_the_mart()


def test_publish_is_refused_when_a_row_has_no_date(desk: Desk) -> None:
    desk.run("insert into marts.fct_a (name) values ('z')")
    with pytest.raises(WarehouseError, match="score_date is null somewhere"):
        desk.publish()
    assert is_whole(desk.settings)


@pytest.mark.parametrize("change", [{"range_column": None}, {"published_days": 0}])
def test_a_mart_is_refused_when_its_days_cannot_be_told(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fct_a: config\.meta.published_days"):
        replace(MART, **change)
