"""Dirty input: each mutation has the outcome that is declared for it, and no row is lost on the way."""

import json
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.loading import LoadedTable, load_all
from dagster_project.settings import CalendarSettings, FilesSource, Settings
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from tests.conftest import World
from tests.faults.dirty_inputs import (
    MUTATIONS,
    VALID,
    VALID_ROWS,
    Mutation,
    as_file,
    csv_text,
    first_file,
    row,
    second_file,
)

AS_OF = date(2026, 6, 30)


@dataclass(frozen=True)
class Inbox:
    """A source with one table, its first file loaded."""

    home: Path
    entity: str

    @property
    def settings(self) -> Settings:
        source = {
            "type": "files",
            "folder": str(self.home / "in"),
            "tables": {self.entity: {"files": "*", "known_at": "updated_at"}},
        }
        return Settings(
            home=self.home,
            config_path=self.home / "bansou.toml",
            environment={},
            calendar=CalendarSettings(history_start_date=date(2025, 1, 1), as_of_date=AS_OF),
            sources={"crm": FilesSource.model_validate(source)},
        )

    @property
    def warehouse(self) -> DuckDBWarehouse:
        return DuckDBWarehouse(self.settings.build_path)

    def deliver(self, name: str, content: bytes) -> LoadedTable:
        (self.home / "in").mkdir(parents=True, exist_ok=True)
        (self.home / "in" / name).write_bytes(content)
        [table] = load_all(self.settings, self.warehouse, [("crm", self.entity)], AS_OF, ())
        return table

    def rows(self, query: str) -> list[dict[str, Any]]:
        return self.warehouse.rows(query)

    def count(self) -> int:
        return int(self.rows(f"select count(*) as n from raw.files_{self.entity}")[0]["n"])


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A data folder for each entity, in which the first file is loaded; to be copied."""
    homes = {}
    for entity in VALID:
        inbox = Inbox(tmp_path_factory.mktemp(entity) / "home", entity)
        inbox.warehouse.prepare(["files"])
        table = inbox.deliver("first.csv", first_file(entity).encode())
        assert table.result is not None, table.fault
        assert table.result.rows_loaded == VALID_ROWS
        homes[entity] = inbox.home
    return homes


def copied(begun: dict[str, Path], entity: str, home: Path) -> Inbox:
    shutil.copytree(begun[entity], home)
    return Inbox(home, entity)


def assert_nothing_is_lost(inbox: Inbox, table: LoadedTable, before: int) -> None:
    """Every row read is in raw, in the rejections or known already; or the batch lies held, with every row."""
    batch, result = table.batch, table.result
    if result is not None:
        assert result.rows_read == (
            result.rows_loaded + result.rows_unchanged + result.rows_superseded + result.rows_filtered
            + result.rows_rejected
        )  # fmt: skip
        assert inbox.count() == before + result.rows_loaded
        [kept] = inbox.rows("select count(*) as n from raw.rejected_rows")
        assert kept["n"] == result.rows_rejected
        return
    assert table.fault is not None
    assert inbox.count() == before
    if batch is not None:
        told = json.loads(batch.rows_path.with_suffix(".held.json").read_text())
        assert told["message"] == table.fault
        landed = sum(
            duckdb.read_parquet(str(path)).aggregate("count(*)").fetchall()[0][0]
            for path in (batch.rows_path, batch.rejected_path)
        )
        assert landed == batch.rows_read - batch.rows_filtered


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation.outcome}: {mutation.name}"[:90])
def test_dirty_input_has_its_outcome(mutation: Mutation, begun: dict[str, Path], tmp_path: Path) -> None:
    inbox = copied(begun, mutation.entity, tmp_path / "home")
    before = inbox.count()

    table = inbox.deliver(mutation.file_name, second_file(mutation))

    if table.batch is None and table.fault is None:
        assert (mutation.outcome, inbox.count()) == ("unchanged", before)  # its content is known
        return
    assert_nothing_is_lost(inbox, table, before)
    if mutation.outcome == "held":
        assert table.result is None
        assert mutation.told in (table.fault or "")
        return
    assert table.result is not None, table.fault
    result = table.result
    rejected = inbox.rows("select reason, column_name from raw.rejected_rows")
    if mutation.outcome == "rejected":
        assert len(rejected) == 1
        assert f"{rejected[0]['reason']} {rejected[0]['column_name']}".startswith(mutation.told)
        return
    assert rejected == []
    if mutation.outcome in {"unchanged", "superseded"}:
        count = result.rows_unchanged if mutation.outcome == "unchanged" else result.rows_superseded
        assert count == result.rows_read - (0 if mutation.file else VALID_ROWS)
        return
    assert result.rows_loaded == VALID_ROWS + len([1 for _ in mutation.cells][:1])
    for column, sent in mutation.cells.items():
        found = inbox.rows(
            f"select cast({column} as varchar) as stored, {column} as typed from raw.files_{mutation.entity} "
            f"where _record_key like '%999%' or _record_key like '%:A101'"
        )
        expected = mutation.stored or sent or None
        assert [each["stored"] == expected or each["typed"] == _number(expected) for each in found] == [True], found


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def test_there_are_a_hundred_mutations_and_every_outcome() -> None:
    outcomes = Counter(mutation.outcome for mutation in MUTATIONS)
    sys.stdout.write(f"\n{len(MUTATIONS)} mutations: {dict(outcomes)}\n")
    assert len(MUTATIONS) >= 100
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)
    assert outcomes.keys() == {"accepted", "rejected", "held", "unchanged", "superseded"}


def test_many_mutations_in_one_file_are_told_apart(begun: dict[str, Path], tmp_path: Path) -> None:
    """Among enough valid rows, the rejected rows of a file are those and no others."""
    for entity in VALID:
        dirty = [m for m in MUTATIONS if m.entity == entity and m.outcome == "rejected" and m.cells]
        dirty = [m for m in dirty if m.told.split()[0] not in {"repeated_key", "event_changed"}]
        inbox = copied(begun, entity, tmp_path / entity)
        rows = [row(entity, 100 + number) for number in range(10 * len(dirty))]
        rows[5:5] = [row(entity, 5000 + number, mutation.cells) for number, mutation in enumerate(dirty)]
        before = inbox.count()
        table = inbox.deliver("second.csv", csv_text(rows).encode())
        assert_nothing_is_lost(inbox, table, before)
        found = inbox.rows("select reason, column_name from raw.rejected_rows")
        assert Counter(f"{each['reason']} {each['column_name']}" for each in found) == Counter(m.told for m in dirty)


FOLDERS = {
    "accounts": "crm/accounts",
    "contracts": "crm/contracts",
    "users": "product/users",
    "usage_events": "product/usage_events",
    "tickets": "desk/tickets",
    "survey_answers": "survey/survey_answers",
}


def test_dirty_rows_reach_readers_marked_or_not_at_all(tiny_world: World, tmp_path: Path) -> None:
    """The whole way: what is rejected is nowhere published, what is odd but legal is published as it came."""
    world = tiny_world.copy(tmp_path / "home")
    told: Counter[str] = Counter()
    names: dict[str, str] = {}
    for entity, folder in FOLDERS.items():
        cells = [m for m in MUTATIONS if m.entity == entity and m.cells and m.outcome in {"accepted", "rejected"}]
        cells = [m for m in cells if m.told.split()[:1] not in (["repeated_key"], ["event_changed"])]
        rows = [row(entity, 100 + number) for number in range(6 * len(cells))]
        for number, mutation in enumerate(cells):
            rows.append(row(entity, 5000 + number, mutation.cells))
            if mutation.outcome == "rejected":
                told[f"{entity} {mutation.told}"] += 1
            elif "account_name" in mutation.cells:
                names[f"a{5000 + number}"] = mutation.cells["account_name"]
        if entity == "usage_events":
            rows = [{**each, "received_at": each.pop("updated_at")} for each in rows]
        form = {"usage_events": "parquet", "tickets": "jsonl.gz"}.get(entity, "csv")
        (world.home / "demo" / folder / f"dirty.{form}").write_bytes(as_file(rows, form))

    done = world.run("run")

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    with duckdb.connect(world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        found = connection.execute(
            "select entity || ' ' || reason || ' ' || coalesce(column_name, 'None'), count(*) from raw.rejected_rows "
            "where load_number > (select max(last_load_number) from raw.builds where build_number = 1) group by all"
        ).fetchall()
        of_nobody = connection.execute(
            "select count(*) from raw.files_contracts where account_id in ('a1', 'nobody')"
        ).fetchall()[0][0]
    assert dict(found) == told
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as connection:
        published = dict(
            connection.execute(
                "select account_id, account_name from dim_accounts where account_id like 'a5%'"
            ).fetchall()
        )
        odd = connection.execute(
            "select oddity_id, count(*) from mart_input_oddities where record_id like 'c5%' or account_id like 'a%' "
            "group by all"
        ).fetchall()
        left_out = connection.execute(
            "select left_out_count from kpi_monthly where kpi_id = 'arr' and month_end_date = date '2026-06-30' "
            "and coalesce(segment, contract_model, channel, country) is null"
        ).fetchall()[0][0]
        passed = connection.execute(
            "select sum(failing_row_count) from mart_data_quality where check_name = 'batch_is_taken' and run_id = "
            "(select arg_max(run_id, checked_at) from mart_data_quality)"
        ).fetchone()
    assert {name: published.get(name) for name in names} == names
    assert published.keys() - names.keys() == set(), "a rejected account was published"
    assert dict(odd)["contract_of_unknown_account"] == of_nobody
    assert dict(odd)["contract_never_live"] == 1
    assert dict(odd)["contract_not_converted"] == 1
    assert dict(odd)["renewal_points_nowhere"] == 1
    assert left_out > 0, "the figures do not say that a contract has no amount"
    assert passed == (sum(told.values()),)


CELL = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6))
def test_whatever_a_cell_holds_is_stored_or_told(begun: dict[str, Path], cells: list[tuple[str, str, str]]) -> None:
    columns = ("account_name", "signed_up_date", "is_test")
    rows = [row("accounts", 100 + number) for number in range(VALID_ROWS)]
    rows += [row("accounts", 900 + n, dict(zip(columns, told, strict=True))) for n, told in enumerate(cells)]
    with TemporaryDirectory() as folder:
        inbox = copied(begun, "accounts", Path(folder) / "home")
        before = inbox.count()
        table = inbox.deliver("second.csv", csv_text(rows).encode())
        assert_nothing_is_lost(inbox, table, before)
        assert table.fault is None or "rows are rejected" in table.fault or "cannot read" in table.fault


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_whatever_a_file_holds_is_loaded_or_held(begun: dict[str, Path], content: bytes) -> None:
    with TemporaryDirectory() as folder:
        inbox = copied(begun, "accounts", Path(folder) / "home")
        before = inbox.count()
        for name in ("second.csv", "third.jsonl", "fourth.parquet", "fifth.csv.gz"):
            table = inbox.deliver(name, content)
            (inbox.home / "in" / name).unlink()
            assert table.result is None
            assert table.fault is not None
        assert inbox.count() == before
