"""Exports of usage events in the forms of those who write them, nested JSON, and archives."""

import gzip
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dagster_project.contract import input_contract
from dagster_project.settings import FilesSource, FileTable
from dagster_project.sources.files import FilesRequest, extract_files
from dagster_project.sources.landing import SourceError
from tests.sources.loading import Loaded, load, picked

COLUMNS = ("event_id", "account_id", "user_id", "feature_id", "event_at", "_known_at")
SEGMENT = {
    "messageId": "m1",
    "type": "track",
    "event": "report_exported",
    "userId": "u_88",
    "anonymousId": "x-1",
    "context": {"groupId": "acct_5007", "ip": "192.0.2.1", "device": {"type": "ios"}},
    "properties": {"rows": 1200, "plan.name": "gold"},
    "timestamp": "2026-02-01T10:00:00.250Z",
    "originalTimestamp": "2026-02-01T09:58:00.250Z",
    "sentAt": "2026-02-01T09:58:01.250Z",
    "receivedAt": "2026-02-03T08:00:00.000Z",
}
AMPLITUDE = {
    "uuid": "6f0c",
    "$insert_id": "i1",
    "event_type": "report_exported",
    "user_id": "u_88",
    "device_id": "d1",
    "groups": {"account": ["acct_5007", "acct_5008"]},
    "event_time": "2026-02-01 10:00:00.250000",
    "server_upload_time": "2026-02-03 08:00:00.000000",
    "event_properties": {"rows": 1200},
}
POSTHOG = {
    "uuid": "6f0c",
    "event": "report_exported",
    "distinct_id": "u_88",
    "properties": {"$group_0": "acct_5007", "rows": 1200},
    "timestamp": "2026-02-01T10:00:00.250000Z",
    "created_at": "2026-02-03T08:00:00.000000Z",
}
EXPECTED = ("acct_5007", "u_88", "report_exported", datetime(2026, 2, 1, 10, 0, 0, 250_000), datetime(2026, 2, 3, 8))


def write(path: Path, *records: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def events(folder: Path, shape: str | None, pattern: str = "**/*.json", **told: Any) -> Loaded:
    return load(folder, "usage_events", {"files": pattern, **({"shape": shape} if shape else {}), **told})


@pytest.mark.parametrize(
    ("shape", "record", "passed_over"),
    [
        ("segment", SEGMENT, {"messageId": "m2", "type": "identify"}),
        ("amplitude", AMPLITUDE, {"uuid": "m2", "event_type": "$identify"}),
        ("posthog", POSTHOG, {"uuid": "m2", "event": "$feature_flag_called"}),
    ],
)
def test_events_are_read_by_the_shape(
    tmp_path: Path, inbox: Path, shape: str, record: dict[str, Any], passed_over: dict[str, Any]
) -> None:
    write(inbox / "dt=2026-02-03" / "a.json", record, {**record, **passed_over}, record)
    loaded = events(tmp_path, shape)
    assert picked(loaded.rows, *COLUMNS) == [(record.get("messageId", "6f0c"), *EXPECTED)]
    assert (loaded.result.rows_read, loaded.result.rows_filtered, loaded.result.rows_rejected) == (3, 1, 0)


def test_event_sent_twice_counts_once_whatever_file_it_is_in(tmp_path: Path, inbox: Path) -> None:
    write(inbox / "a.json", SEGMENT)
    write(inbox / "b.json", {**SEGMENT, "receivedAt": "2026-02-04T08:00:00.000Z"}, {**SEGMENT, "messageId": "m2"})
    loaded = events(tmp_path, "segment")
    assert picked(loaded.rows, "event_id", "_known_at") == [
        ("m1", datetime(2026, 2, 3, 8)),
        ("m2", datetime(2026, 2, 3, 8)),
    ]


def test_columns_of_the_configuration_win(tmp_path: Path, inbox: Path) -> None:
    write(inbox / "a.json", AMPLITUDE, {**AMPLITUDE, "uuid": "other"}, {**AMPLITUDE, "event_type": "session_start"})
    loaded = events(
        tmp_path,
        "amplitude",
        columns={"event_id": "$insert_id", "account_id": "groups.account.1", "active_seconds": "event_properties.rows"},
        keep=[{"column": "event_type", "one_of": ["report_exported"]}],
    )
    assert picked(loaded.rows, "event_id", "account_id", "user_id", "active_seconds") == [
        ("i1", "acct_5008", "u_88", 1200)
    ]


def test_export_without_users_is_read(tmp_path: Path, inbox: Path) -> None:
    write(inbox / "a.json", {name: value for name, value in SEGMENT.items() if name != "userId"})
    loaded = events(tmp_path, "segment")
    assert picked(loaded.rows, "event_id", "user_id") == [("m1", None)]


def test_event_without_account_is_rejected(tmp_path: Path, inbox: Path) -> None:
    write(inbox / "a.json", SEGMENT, {**SEGMENT, "messageId": "m2", "context": {}}, {**SEGMENT, "messageId": "m3"})
    loaded = events(tmp_path, "segment")
    assert len(loaded.rows) == 2
    assert picked(loaded.rejected, "row_number", "column_name", "reason") == [(2, "account_id", "missing_value")]


def test_what_is_not_mapped_is_kept_beside(tmp_path: Path, inbox: Path) -> None:
    write(inbox / "a.json", SEGMENT)
    [row] = events(tmp_path, "segment").rows
    assert json.loads(json.loads(row["_extra"])["properties"]) == {"rows": 1200, "plan.name": "gold"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tree.a.b", "deep"),
        ("tree.list.1.c", "in a list"),
        ("tree.0", "number as a key"),
        ('tree.it\'s "so"', "quoted"),
        ("a.b", "a key with a dot"),
        ("tree.a", '{"b":"deep"}'),
    ],
)
def test_path_leads_into_nested_values(tmp_path: Path, inbox: Path, path: str, value: str) -> None:
    write(
        inbox / "a.json",
        {
            "id": "1",
            "a": {"b": "nested"},
            "a.b": "a key with a dot",
            "tree": {
                "a": {"b": "deep"},
                "list": [{}, {"c": "in a list"}],
                "0": "number as a key",
                'it\'s "so"': "quoted",
            },
        },
        {"id": "2"},
    )
    loaded = load(tmp_path, "accounts", {"files": "a.json", "columns": {"account_id": "id", "account_name": path}})
    assert picked(loaded.rows, "account_id", "account_name") == [("1", value), ("2", None)]


@pytest.mark.parametrize("path", ["tree.none", "none.a", "tree.a.b.c"])
def test_path_that_no_row_has_is_told(tmp_path: Path, inbox: Path, path: str) -> None:
    write(inbox / "a.json", {"id": "1", "tree": {"a": {"b": 1}}})
    with pytest.raises(SourceError, match=f"the file has no column '{path}'. It has: id, tree"):
        load(tmp_path, "accounts", {"files": "a.json", "columns": {"account_id": "id", "account_name": path}})


def test_path_is_joined_and_told_apart_from_the_second_file(tmp_path: Path, inbox: Path) -> None:
    write(inbox / "a.json", {"id": "1", "org": {"no": "7"}})
    write(inbox / "orgs.jsonl", {"no": "7", "names": {"short": "Acme"}})
    told = {
        "files": "a.json",
        "join": {"files": "orgs.jsonl", "on": {"org.no": "no"}, "prefix": "org_"},
        "columns": {"account_id": "id", "account_name": "org_names.short"},
    }
    assert picked(load(tmp_path, "accounts", told).rows, "account_id", "account_name") == [("1", "Acme")]


def archive(path: Path, members: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    with zipfile.ZipFile(path, "w") as target:
        for name, records in members.items():
            text = "".join(json.dumps(record) + "\n" for record in records)
            target.writestr(name, gzip.compress(text.encode()) if name.endswith(".gz") else text)


def test_archive_of_compressed_files_is_read(tmp_path: Path, inbox: Path) -> None:
    archive(
        inbox / "2026-02-03.zip",
        {
            "187520/187520_2026-02-03_0#12.json.gz": [AMPLITUDE, {**AMPLITUDE, "uuid": "bad", "event_time": "soon"}],
            "187520/187520_2026-02-03_1#12.json.gz": [{**AMPLITUDE, "uuid": "6f0d"}],
        },
    )
    loaded = events(tmp_path, "amplitude", "*.zip")
    assert picked(loaded.rows, "event_id") == [("6f0c",), ("6f0d",)]
    [file] = loaded.batch.files
    assert (file.path, file.row_count) == (str(inbox / "2026-02-03.zip"), 3)
    assert picked(loaded.rejected, "file_path", "row_number") == [
        (f"{inbox}/2026-02-03.zip/187520/187520_2026-02-03_0#12.json.gz", 2)
    ]
    assert list((tmp_path / "landing" / ".read").glob("*")) == []


def test_names_within_an_archive_lead_nowhere(tmp_path: Path, inbox: Path) -> None:
    archive(inbox / "a.zip", {"../../../../out.json": [AMPLITUDE], "/b/out.json": [{**AMPLITUDE, "uuid": "2"}]})
    assert len(events(tmp_path, "amplitude", "*.zip").rows) == 2
    assert list(tmp_path.parent.rglob("out.json")) == []


def test_archive_in_a_foreign_encoding_is_read(tmp_path: Path, inbox: Path) -> None:
    with zipfile.ZipFile(inbox / "a.zip", "w") as target:
        target.writestr("one/a.csv", "account_id,account_name\na1,株式会社ソフト\n".encode("cp932"))
        target.writestr("two/a.csv", "account_id,account_name\na2,表示\n,無名\n".encode("cp932"))
    loaded = load(tmp_path, "accounts", {"files": "*.zip", "encoding": "cp932"})
    assert picked(loaded.rows, "account_name") == [("株式会社ソフト",), ("表示",)]
    assert picked(loaded.rejected, "file_path", "row_number") == [(f"{inbox}/a.zip/two/a.csv", 2)]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"PK\x03\x04 cut off", "cannot be unpacked"), (b"PK\x05\x06" + bytes(18), "is an archive without a file")],
)
def test_archive_that_cannot_be_read_is_named(tmp_path: Path, inbox: Path, content: bytes, words: str) -> None:
    (inbox / "a.zip").write_bytes(content)
    with pytest.raises(SourceError, match=rf"a\.zip {words}"):
        events(tmp_path, "amplitude", "*.zip")


def test_broken_file_within_an_archive_is_named(tmp_path: Path, inbox: Path) -> None:
    with zipfile.ZipFile(inbox / "a.zip", "w") as target:
        target.writestr("x/b.json", '{"uuid": ')
    with pytest.raises(SourceError, match=r"a\.zip/x/b\.json") as caught:
        events(tmp_path, "amplitude", "*.zip")
    assert ".read" not in str(caught.value)


def test_shape_spelled_out_is_no_other_mapping(tmp_path: Path, inbox: Path) -> None:
    write(inbox / "a.json", POSTHOG)
    loaded = events(tmp_path, "posthog")
    request = FilesRequest(
        source_name="crm",
        folder=inbox,
        table=FileTable.model_validate({"files": "**/*.json", "shape": "posthog"}),
        entity=input_contract()["usage_events"],
        landing_dir=tmp_path / "landing",
        load_id="second",
    )
    known = {file.fingerprint for file in loaded.batch.files}
    assert extract_files(request, known) is None
    other = request.table.model_copy(update={"columns": {"feature_id": "properties.rows"}})
    assert extract_files(replace(request, table=other), known) is not None


def test_shape_is_of_usage_events_alone() -> None:
    told = {"type": "files", "folder": "in", "tables": {"accounts": {"files": "*", "shape": "segment"}}}
    with pytest.raises(ValueError, match="the shape segment is one of usage_events"):
        FilesSource.model_validate(told)
