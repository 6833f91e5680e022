"""Former states of a record out of what it is now and the changes that a vendor tells of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dagster_project.sources.pulled import PageFiles, newest_moment, write_versions
from dagster_project.sources.vendor import FieldChange, Page, Record, TimeFormat, VendorTable, value_at

TABLE = VendorTable(
    object="Account",
    columns={"account_id": "id", "account_name": "name", "country": "address.country", "segment": "fields.77"},
    modified_at="modified",
    created_at="created",
)
WITH_HISTORY = replace(TABLE, has_history=True)
ROW: Record = {
    "id": 1,
    "name": "Third",
    "address": {"country": "SE"},
    "fields": [{"id": 77, "value": "smb"}],
    "created": "2026-01-01T00:00:00Z",
    "modified": "2026-03-01T09:00:00+09:00",
    "unknown": [1, 2],
}
COLUMNS = ("id", "name", "_known_at", "_is_reconstructed")


def states(
    folder: Path, table: VendorTable, *pages: Page, since: datetime | None = None, is_first: bool = True
) -> list[tuple[object, ...]]:
    with PageFiles(folder, table) as files:
        for page in pages:
            files.append(page)
    path = write_versions(files, table, since, None, is_first=is_first)
    rows = pq.read_table(path).to_pylist()
    return [(*(row[name] for name in COLUMNS[:2]), _moment(row), row[COLUMNS[3]]) for row in rows]


def _moment(row: dict[str, Any]) -> datetime:
    moment: datetime = row["_known_at"]
    assert moment.tzinfo  # without a zone, the mapping would read it in that of the table
    return moment.astimezone(UTC).replace(tzinfo=None)


def changed(field: str, old: object, moment: str, record_id: str = "1") -> FieldChange:
    return FieldChange(record_id, field, old, moment)


def test_record_counts_from_its_creation_when_no_history_is_told(tmp_path: Path) -> None:
    assert states(tmp_path, TABLE, Page(rows=[ROW])) == [("1", "Third", datetime(2026, 1, 1), True)]


def test_record_counts_from_its_change_when_it_is_pulled_again(tmp_path: Path) -> None:
    assert states(tmp_path, TABLE, Page(rows=[ROW]), is_first=False) == [("1", "Third", datetime(2026, 3, 1), False)]


def test_record_is_not_reconstructed_when_it_never_changed(tmp_path: Path) -> None:
    row = ROW | {"modified": ROW["created"]}
    assert states(tmp_path, TABLE, Page(rows=[row])) == [("1", "Third", datetime(2026, 1, 1), False)]


def test_every_former_state_is_a_row_when_history_is_told(tmp_path: Path) -> None:
    changes = [
        changed("name", "Second", "2026-03-01T00:00:00Z"),
        changed("name", "First", "2026-02-01T00:00:00Z"),
        changed("address.country", None, "2026-02-01T00:00:00Z"),
    ]
    found = states(tmp_path, WITH_HISTORY, Page(rows=[ROW]), Page(changes=changes))
    assert found == [
        ("1", "First", datetime(2026, 1, 1), False),
        ("1", "Second", datetime(2026, 2, 1), False),
        ("1", "Third", datetime(2026, 3, 1), False),
    ]
    rows = pq.read_table(tmp_path / "versions.parquet").to_pylist()
    assert [row["address.country"] for row in rows] == [None, "SE", "SE"]


def test_first_change_counts_when_a_field_changes_twice_in_one_moment(tmp_path: Path) -> None:
    changes = [
        changed("name", "First", "2026-03-01T00:00:00Z"),
        changed("name", "Passing", "2026-03-01T00:00:00Z"),
    ]
    found = states(tmp_path, WITH_HISTORY, Page(rows=[ROW], changes=changes))
    assert [row[1] for row in found] == ["First", "Third"]


def test_former_states_are_reconstructed_when_the_last_change_is_not_told(tmp_path: Path) -> None:
    changes = [changed("name", "First", "2026-02-01T00:00:00Z")]
    found = states(tmp_path, WITH_HISTORY, Page(rows=[ROW], changes=changes))
    assert [(row[1], row[3]) for row in found] == [("First", True), ("Third", True), ("Third", False)]


def test_only_changes_since_the_last_pull_make_rows_when_it_is_pulled_again(tmp_path: Path) -> None:
    changes = [
        changed("name", "First", "2026-02-01T00:00:00Z"),
        changed("name", "Second", "2026-02-20T00:00:00Z"),
    ]
    found = states(
        tmp_path, WITH_HISTORY, Page(rows=[ROW], changes=changes), since=datetime(2026, 2, 10), is_first=False
    )
    assert [row[2] for row in found] == [datetime(2026, 2, 20), datetime(2026, 3, 1)]


def test_changes_of_other_records_make_no_rows(tmp_path: Path) -> None:
    changes = [changed("name", "Nobody", "2026-02-01T00:00:00Z", record_id="2")]
    found = states(tmp_path, WITH_HISTORY, Page(rows=[ROW], changes=changes))
    assert {row[0] for row in found} == {"1"}


def test_newest_state_stands_when_a_record_comes_on_two_pages(tmp_path: Path) -> None:
    older = ROW | {"name": "Second", "modified": "2026-02-01T00:00:00Z"}
    found = states(tmp_path, WITH_HISTORY, Page(rows=[ROW]), Page(rows=[older]))
    assert found[-1] == ("1", "Third", datetime(2026, 3, 1), False)
    assert newest_moment(tmp_path, WITH_HISTORY) == datetime(2026, 3, 1)


@pytest.mark.parametrize(("time_format", "factor"), [("epoch_seconds", 1), ("epoch_milliseconds", 1000)])
def test_times_are_read_when_they_are_numbers(tmp_path: Path, time_format: TimeFormat, factor: int) -> None:
    table = replace(TABLE, time_format=time_format)
    row = ROW | {"created": 1767225600 * factor, "modified": 1767225600 * factor}
    assert states(tmp_path, table, Page(rows=[row])) == [("1", "Third", datetime(2026, 1, 1), False)]


def test_fields_that_are_not_mapped_are_kept_as_json(tmp_path: Path) -> None:
    states(tmp_path, TABLE, Page(rows=[ROW]))
    [row] = pq.read_table(tmp_path / "versions.parquet").to_pylist()
    assert row["_other_fields"] == '{"unknown":[1,2]}'
    assert (row["address.country"], row["fields.77"]) == ("SE", "smb")


@pytest.mark.parametrize(
    ("rows", "vanished"),
    [
        ([{**ROW, "name": None}], []),
        ([{name: value for name, value in ROW.items() if name != "name"}], ["name"]),
        ([{**ROW, "address": None}], []),
        ([{**ROW, "address": {}}], ["address.country"]),
        ([], []),
    ],
    ids=["empty", "gone", "empty_parent", "gone_from_parent", "no_rows"],
)
def test_field_has_vanished_when_no_record_has_it(tmp_path: Path, rows: Sequence[Record], vanished: list[str]) -> None:
    with PageFiles(tmp_path, TABLE) as files:
        files.append(Page(rows=rows))
    assert files.vanished_fields == vanished


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("list.0", "x"),
        ("list.7", None),
        ("named.Answer", "yes"),
        ("named.12", "no"),
        ("a.b.c", None),
        ("nothing.at.all", None),
    ],
)
def test_value_is_found_by_path(path: str, value: object) -> None:
    record = {
        "a": {"b": 1},
        "list": ["x", "y"],
        "named": [{"name": "Answer", "value": "yes"}, {"id": 12, "value": "no"}],
    }
    assert value_at(record, path.split(".")) == value
