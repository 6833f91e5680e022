"""A table of a vendor from one pull to the next: where it goes on, what is gone, what a fault leaves behind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dagster_project.contract import input_contract
from dagster_project.settings import ApiSource
from dagster_project.sources import pulling
from dagster_project.sources.http import VendorClient
from dagster_project.sources.landing import LandedBatch, SourceError
from dagster_project.sources.pulling import PullRequest, PullState, pull_table
from dagster_project.sources.vendor import Page, Pull, Record, Vendor, VendorTable
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import LoadResult

FIRST = datetime(2026, 6, 1, 3)


def account(number: int, name: str, modified: str, **more: Any) -> Record:
    return {"id": f"a{number}", "name": name, "created": "2026-01-01T00:00:00Z", "modified": modified, **more}


@dataclass
class Shop:
    """A vendor that is a list of rows, with a warehouse that pulls from it."""

    folder: Path
    rows: list[Record] = field(default_factory=list)
    removed: list[tuple[str, datetime | None]] = field(default_factory=list)
    fault_after: int | None = None
    has_time: bool = True
    now: datetime = datetime(2026, 6, 1)
    asked_since: list[datetime | None] = field(default_factory=list)
    key_lists: int = 0
    state: str | None = None
    number: int = 0

    @property
    def tables(self) -> dict[str, VendorTable]:
        columns = {"account_id": "id", "account_name": "name"}
        times = {"modified_at": "modified", "created_at": "created"} if self.has_time else {}
        entity = "accounts" if self.has_time else "teams"
        own = columns if self.has_time else {"team_id": "id", "team_name": "name"}
        return {entity: VendorTable(object="Shop", columns=own, **times)}  # type: ignore[arg-type]

    def connect(self, client: VendorClient) -> None:
        client.server_time = self.now

    def pages(self, pull: Pull) -> Iterator[Page]:
        self.asked_since.append(pull.since)
        pull.client.server_time = self.now
        rows = [
            row for row in self.rows if pull.since is None or datetime.fromisoformat(row["modified"][:-1]) >= pull.since
        ]
        for place, row in enumerate(rows):
            if place == self.fault_after:
                raise SourceError("shop: no more today")
            yield Page(rows=[row])
        yield Page(removed=self.removed)

    def keys(self, pull: Pull) -> Iterator[Sequence[str]] | None:  # noqa: ARG002 - as every vendor's
        self.key_lists += 1
        return iter([[row["id"] for row in self.rows]])

    @property
    def entity(self) -> str:
        return next(iter(self.tables))

    @property
    def warehouse(self) -> DuckDBWarehouse:
        made = DuckDBWarehouse(self.folder / "warehouse.duckdb")
        made.prepare(["salesforce", "files"])
        return made

    def land(self, **told: Any) -> LandedBatch | None:
        self.number += 1
        table = f"{'salesforce' if self.has_time else 'files'}_{self.entity}"
        source = ApiSource.model_validate(
            {"type": table.split("_", maxsplit=1)[0].replace("files", "salesforce"), "base_url": "https://shop.example"}
            | {"tables": {self.entity: {}}}
            | told
        )
        return pull_table(
            PullRequest(
                source_name="crm",
                source=source,
                client=VendorClient("crm", source, source.base_url, {}),
                entity=input_contract()[self.entity],
                landing_dir=self.folder / "landing",
                load_id=f"load{self.number}",
                state=self.state,
                known_keys=lambda: self.warehouse.known_keys(table, "crm"),
            )
        )

    def pull(self, **told: Any) -> LoadResult | None:
        batch = self.land(**told)
        if batch is None:
            return None
        if not self.has_time:
            batch = replace(batch, source_type="files")
        self.state = batch.source_state
        loaded_at = FIRST.replace(day=self.number)
        return self.warehouse.load(batch, loaded_at, datetime(2026, 1, 1), is_pinned=True)

    def raw(self, columns: str) -> list[tuple[Any, ...]]:
        table = f"{'salesforce' if self.has_time else 'files'}_{self.entity}"
        rows = self.warehouse.rows(f"select {columns} from raw.{table} order by _record_key, _known_at, _load_number")
        return [tuple(row.values()) for row in rows]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(tmp_path)
    monkeypatch.setattr(pulling, "vendor_of", lambda _: Vendor(made.tables, made.connect, made.pages, made.keys))
    return made


def test_second_pull_goes_on_from_the_newest_change_less_the_overlap(shop: Shop) -> None:
    shop.rows = [account(1, "One", "2026-02-01T00:00:00Z"), account(2, "Two", "2026-03-01T00:00:00Z")]
    assert shop.pull() == LoadResult(2, 0, 2, 0, 0, 0)
    assert shop.raw("account_id, _known_at, _is_reconstructed") == [
        ("a1", datetime(2026, 1, 1), True),
        ("a2", datetime(2026, 1, 1), True),
    ]
    shop.rows[0] = account(1, "One more", "2026-03-01T00:00:00Z")  # in the second of the watermark
    assert shop.pull() == LoadResult(2, 0, 1, 1, 0, 0)
    assert shop.asked_since == [None, datetime(2026, 2, 28, 23, 50)]
    assert shop.raw("account_id, account_name, _known_at, _is_reconstructed")[:2] == [
        ("a1", "One", datetime(2026, 1, 1), True),
        ("a1", "One more", datetime(2026, 3, 1), False),
    ]


def test_counts_tell_new_from_changed(shop: Shop) -> None:
    shop.rows = [account(1, "One", "2026-02-01T00:00:00Z")]
    first = shop.pull()
    shop.rows = [account(1, "Uno", "2026-02-02T00:00:00Z"), account(2, "Two", "2026-02-02T00:00:00Z")]
    second = shop.pull()
    assert first is not None
    assert second is not None
    assert (first.rows_new, second.rows_new, second.rows_loaded) == (1, 1, 2)


def test_nothing_lands_when_there_is_nothing(shop: Shop) -> None:
    assert shop.pull() is None
    assert not list((shop.folder / "landing").rglob("*.parquet"))


def test_nothing_is_left_when_the_vendor_fails_between_two_pages(shop: Shop) -> None:
    shop.rows = [account(number, "One", "2026-02-01T00:00:00Z") for number in range(3)]
    shop.fault_after = 2
    with pytest.raises(SourceError, match="no more today"):
        shop.land()
    assert not [path for path in (shop.folder / "landing").rglob("*") if path.is_file()]
    shop.fault_after = None
    assert shop.pull() == LoadResult(3, 0, 3, 0, 0, 0)


def test_all_is_read_again_when_the_mapping_changes(shop: Shop) -> None:
    shop.rows = [account(1, "One", "2026-02-01T00:00:00Z", land="SE")]
    shop.pull()
    told = {"tables": {"accounts": {"columns": {"country": "land"}}}}
    assert shop.pull(**told) == LoadResult(1, 0, 1, 0, 0, 0)
    assert shop.asked_since == [None, None]
    assert shop.raw("country, _known_at") == [(None, datetime(2026, 1, 1)), ("SE", datetime(2026, 2, 1))]


def test_pull_does_not_pass_over_rows_when_the_vendors_clock_ran_ahead(shop: Shop) -> None:
    shop.rows = [account(1, "One", "2026-07-01T00:00:00Z")]
    shop.pull()
    state = PullState.read(shop.state)
    assert state is not None
    assert state.watermark == shop.now


def test_soft_deleted_account_stays_in_sight(shop: Shop) -> None:
    shop.rows = [account(1, "One", "2026-02-01T00:00:00Z"), account(2, "Two", "2026-02-01T00:00:00Z")]
    shop.pull()
    del shop.rows[1]
    shop.removed = [("a2", datetime(2026, 3, 1))]
    result = shop.pull()
    assert result is not None
    assert result.rows_removed == 1
    assert shop.raw("account_id, account_name, is_deleted, _is_removed, _known_at")[-1] == (
        ("a2", "Two", True, False, datetime(2026, 3, 1))
    )
    again = shop.pull()
    assert again is None or again.rows_removed == 0


def test_records_are_found_gone_when_their_keys_are_compared(shop: Shop) -> None:
    shop.rows = [account(number, "One", "2026-02-01T00:00:00Z") for number in range(4)]
    shop.pull()
    shop.rows = [*shop.rows[1:], account(9, "New", "2026-02-05T00:00:00Z")]
    first = shop.pull()
    assert first is not None
    assert (first.rows_removed, shop.key_lists) == (0, 0)
    shop.rows.append(account(10, "Newer", "2026-02-20T00:00:00Z"))
    shop.pull()
    last = shop.pull()
    assert last is not None
    assert (last.rows_removed, shop.key_lists) == (1, 1)
    assert shop.raw("account_id, is_deleted, _known_at")[1] == ("a0", True, shop.now)


def test_all_is_read_again_when_the_vendor_has_a_record_that_was_gone(shop: Shop) -> None:
    shop.rows = [account(number, "One", f"2026-02-0{number + 1}T00:00:00Z") for number in range(4)]
    shop.pull()
    shop.removed = [("a0", datetime(2026, 2, 2))]
    shop.pull()
    shop.removed = []
    shop.rows.append(account(5, "Late", "2026-03-01T00:00:00Z"))
    shop.pull()
    assert shop.asked_since[-1] is not None
    result = shop.pull()
    assert shop.asked_since[-1] is None
    assert result is not None
    assert shop.warehouse.known_keys("salesforce_accounts", "crm") >= {"a0"}
    shop.pull()
    assert shop.asked_since[-1] is not None


def test_what_a_full_list_lacks_is_gone(shop: Shop) -> None:
    shop.has_time = False
    shop.rows = [{"id": "t1", "name": "One"}, {"id": "t2", "name": "Two"}]
    assert shop.pull() == LoadResult(2, 0, 2, 0, 0, 0)
    shop.rows = [{"id": "t2", "name": "Two and more"}]
    shop.now = datetime(2026, 6, 2)
    result = shop.pull()
    assert result is not None
    assert (result.rows_loaded, result.rows_removed) == (1, 1)
    assert shop.raw("team_id, team_name, _is_removed, _known_at") == [
        ("t1", "One", False, datetime(2026, 1, 1)),
        ("t1", "One", True, datetime(2026, 6, 2)),
        ("t2", "Two", False, datetime(2026, 1, 1)),
        ("t2", "Two and more", False, datetime(2026, 6, 2)),
    ]


def test_row_without_id_is_rejected_and_the_others_stay(shop: Shop) -> None:
    shop.rows = [account(1, "One", "2026-02-01T00:00:00Z"), account(2, "Two", "2026-02-01T00:00:00Z", id=None)]
    assert shop.pull() == LoadResult(2, 0, 1, 0, 0, 1)
    [rejected] = shop.warehouse.rows("select file_path, row_number, column_name, reason from raw.rejected_rows")
    assert tuple(rejected.values()) == ("https://shop.example/Shop", 2, "account_id", "missing_value")


def test_pull_is_refused_when_a_mapped_field_is_gone(shop: Shop) -> None:
    shop.rows = [account(1, "One", "2026-02-01T00:00:00Z")]
    with pytest.raises(SourceError) as caught:
        shop.land(tables={"accounts": {"columns": {"country": "land"}}})
    assert str(caught.value) == (
        "sources.crm.tables.accounts: salesforce's Shop has no field land any more, or never had. Correct the columns, "
        "or ask who keeps the fields there."
    )


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"options": {"speed": 1}}, "sources.crm.options: speed: unknown. There are: ."),
        (
            {"tables": {"contacts": {}}},
            "sources.crm.tables.contacts: the vendor delivers no contacts by itself. It delivers: accounts. Let "
            "another source deliver it.",
        ),
    ],
    ids=["option", "entity"],
)
def test_pull_is_refused_when_the_vendor_has_no_such_thing(shop: Shop, told: dict[str, Any], message: str) -> None:
    shop.rows = [account(1, "One", "2026-02-01T00:00:00Z")]
    if "tables" in told:
        source = ApiSource.model_validate({"type": "salesforce", "base_url": "https://shop.example"} | told)
        client = VendorClient("crm", source, source.base_url, {})
        request = SimpleNamespace(
            source=source, source_name="crm", client=client, entity=input_contract()["contacts"], state=None,
            place="sources.crm.tables.contacts",
        )  # fmt: skip
        with pytest.raises(SourceError) as caught:
            pull_table(request)  # type: ignore[arg-type]
    else:
        with pytest.raises(SourceError) as caught:
            shop.land(**told)
    assert str(caught.value) == message
