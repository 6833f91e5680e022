"""Files as they come: formats, encodings, several at once, and those that cannot be read."""

import gzip
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.sources.landing import SourceError
from dagster_project.warehouse.interface import LoadResult
from tests.sources.loading import load, picked


def test_files_load_typed_rows_when_csv(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text('account_id,account_name,is_test,signed_up_date\na1," Acme, Inc ",true,2025-02-03\n')
    loaded = load(tmp_path, "accounts", {"files": "a.csv"})
    assert picked(loaded.rows, "account_id", "account_name", "is_test", "signed_up_date", "segment") == [
        ("a1", "Acme, Inc", True, date(2025, 2, 3), None)
    ]
    assert loaded.batch.fed_columns == ("account_id", "account_name", "is_test", "signed_up_date")
    assert picked(loaded.rows, "_record_key", "_source_name", "_load_number") == [("crm:a1", "crm", 1)]


def test_files_load_text_when_latin_1_and_semicolons(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes("account_id;account_name\na1;Café Münch, S.A.\n".encode("latin-1"))
    loaded = load(tmp_path, "accounts", {"files": "a.csv", "encoding": "latin-1", "delimiter": ";"})
    assert picked(loaded.rows, "account_id", "account_name") == [("a1", "Café Münch, S.A.")]


def test_files_load_text_when_shift_jis(tmp_path: Path, inbox: Path) -> None:
    # The second byte of ソ and 表 is a backslash.
    (inbox / "a.csv").write_bytes("account_id,account_name\na1,株式会社ソフト表示\n,無名\n".encode("cp932"))
    loaded = load(tmp_path, "accounts", {"files": "a.csv", "encoding": "cp932"})
    assert picked(loaded.rows, "account_id", "account_name") == [("a1", "株式会社ソフト表示")]
    assert picked(loaded.rejected, "file_path", "row_number", "reason") == [(str(inbox / "a.csv"), 2, "missing_value")]


def test_files_load_text_when_shift_jis_is_packed(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv.gz").write_bytes(gzip.compress("account_id,account_name\na1,表\n".encode("cp932")))
    loaded = load(tmp_path, "accounts", {"files": "a.csv.gz", "encoding": "cp932"})
    assert picked(loaded.rows, "account_name") == [("表",)]


def test_files_load_each_file_when_shift_jis_names_repeat_in_folders(tmp_path: Path, inbox: Path) -> None:
    for name in ("east", "west"):
        (inbox / name).mkdir()
        (inbox / name / "a.csv").write_bytes(f"account_id,account_name\n{name},支店\n".encode("cp932"))
    loaded = load(tmp_path, "accounts", {"files": "*/a.csv", "encoding": "cp932"})
    assert picked(loaded.rows, "account_id") == [("east",), ("west",)]


def test_files_leave_no_copy_when_transcoded(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes("account_id,account_name\na1,表\n".encode("cp932"))
    load(tmp_path, "accounts", {"files": "a.csv", "encoding": "cp932"})
    left = sorted(path.name for path in (tmp_path / "landing").rglob("*") if path.is_file())
    assert left == ["first.parquet", "first.rejected.parquet"]


def test_files_load_clean_names_and_values_when_bom_and_crlf(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"\xef\xbb\xbfaccount_id,account_name\r\na1,One\r\na2,Two\r\n")
    loaded = load(tmp_path, "accounts", {"files": "a.csv"})
    assert picked(loaded.rows, "account_id", "account_name") == [("a1", "One"), ("a2", "Two")]


def test_files_load_rows_when_json_lines_gz_leave_keys_out(tmp_path: Path, inbox: Path) -> None:
    lines = '{"ticket_id": "t1", "created_at": "2025-02-03T04:05:06Z", "is_escalated": true}\n' + (
        '{"ticket_id": "t2", "created_at": "2025-02-03T04:05:06+02:00", "priority": null}\n'
    )
    (inbox / "t.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    loaded = load(tmp_path, "tickets", {"files": "*.jsonl.gz"})
    assert picked(loaded.rows, "ticket_id", "created_at", "is_escalated", "priority") == [
        ("t1", datetime(2025, 2, 3, 4, 5, 6), True, None),
        ("t2", datetime(2025, 2, 3, 2, 5, 6), None, None),
    ]


def test_files_load_typed_rows_when_parquet(tmp_path: Path, inbox: Path) -> None:
    duckdb.sql(
        f"copy (select 'e1' as event_id, 'a1' as account_id, 'f1' as feature_id, 3 as event_count, "
        f"timestamp '2025-02-03 04:05:06' as event_at) to '{inbox / 'e.parquet'}' (format parquet)"
    )
    loaded = load(tmp_path, "usage_events", {"files": "*.parquet"})
    assert picked(loaded.rows, "event_id", "event_count", "event_at") == [("e1", 3, datetime(2025, 2, 3, 4, 5, 6))]


def test_files_load_naive_parquet_times_as_local_when_zone_is_told(tmp_path: Path, inbox: Path) -> None:
    duckdb.sql(
        f"copy (select 't1' as ticket_id, timestamp '2025-02-03 08:00:00' as created_at) "
        f"to '{inbox / 't.parquet'}' (format parquet)"
    )
    loaded = load(tmp_path, "tickets", {"files": "*.parquet", "timezone": "Asia/Tokyo"})
    assert picked(loaded.rows, "created_at") == [(datetime(2025, 2, 2, 23),)]


def test_files_load_all_when_glob_matches_several(tmp_path: Path, inbox: Path) -> None:
    (inbox / "1.csv").write_text("account_id,account_name\na1,One\na2,Two\n")
    (inbox / "2.csv").write_text("account_name,account_id,region\nThree,a3,north\n")
    (inbox / "other.txt").write_text("account_id,account_name\na9,Nine\n")
    loaded = load(tmp_path, "accounts", {"files": "*.csv"})
    assert loaded.result == LoadResult(3, 0, 3, 0, 0, 0)
    assert picked(loaded.rows, "account_id", "account_name") == [("a1", "One"), ("a2", "Two"), ("a3", "Three")]
    assert [Path(file.path).name for file in loaded.batch.files] == ["1.csv", "2.csv"]


def test_files_number_rejected_rows_by_file_when_glob_matches_several(tmp_path: Path, inbox: Path) -> None:
    (inbox / "1.csv").write_text("account_id,account_name\na1,One\na2,Two,more\n,Three\n")
    (inbox / "2.csv").write_text("account_id,account_name\na4,Four\n,Five\n")
    loaded = load(tmp_path, "accounts", {"files": "*.csv"})
    assert loaded.result == LoadResult(5, 0, 2, 0, 0, 3)
    assert picked(loaded.rejected, "file_path", "row_number", "reason") == [
        (str(inbox / "1.csv"), 2, "malformed_line"),
        (str(inbox / "1.csv"), 3, "missing_value"),
        (str(inbox / "2.csv"), 2, "missing_value"),
    ]


def test_files_load_nothing_when_header_only(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("account_id,account_name\n")
    loaded = load(tmp_path, "accounts", {"files": "a.csv"})
    assert loaded.result == LoadResult(0, 0, 0, 0, 0, 0)
    assert loaded.batch.fed_columns == ("account_id", "account_name")
    assert loaded.rows == []


def refused(folder: Path, told: dict[str, Any]) -> str:
    """The message of a source that cannot be read; nothing may have landed."""
    with pytest.raises(SourceError) as caught:
        load(folder, "accounts", told)
    assert not list((folder / "landing").rglob("*.parquet"))
    return str(caught.value)


def test_files_refuse_when_file_is_empty(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").touch()
    assert refused(tmp_path, {"files": "a.csv"}) == (
        f"sources.crm.tables.accounts: {inbox / 'a.csv'} is empty (0 bytes); even a table without rows has a header."
    )


def test_files_refuse_when_nothing_matches(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("account_id\na1\n")
    assert (
        refused(tmp_path, {"files": "b*.csv"}) == f"sources.crm.tables.accounts: no file matches 'b*.csv' in {inbox}."
    )


def test_files_refuse_when_folder_is_missing(tmp_path: Path) -> None:
    assert refused(tmp_path, {"files": "a.csv"}) == (
        f"sources.crm.tables.accounts: the folder {tmp_path / 'in'} does not exist. Correct the source's folder."
    )


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_files_refuse_when_gzip_is_truncated(tmp_path: Path, inbox: Path, encoding: str) -> None:
    packed = gzip.compress(b"account_id,account_name\n" + b"".join(b"a%d,Name\n" % number for number in range(500)))
    (inbox / "a.csv.gz").write_bytes(packed[: len(packed) // 2])
    message = refused(tmp_path, {"files": "a.csv.gz", "encoding": encoding})
    assert message.startswith("sources.crm.tables.accounts: ")
    assert str(inbox / "a.csv.gz") in message
    assert "Check that the file is whole" in message


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b'{"account_id": "a1"}\n' * 500)[:-12], gzip.compress(b'{"account_id": "a1"}\n{"account_id":\n')],
    ids=["truncated", "broken_line"],
)
def test_files_refuse_when_json_lines_are_broken(tmp_path: Path, inbox: Path, content: bytes) -> None:
    (inbox / "a.jsonl.gz").write_bytes(content)
    message = refused(tmp_path, {"files": "*.gz"})
    assert message.startswith(f"sources.crm.tables.accounts: cannot read {inbox / 'a.jsonl.gz'} as JSON lines: ")


def test_files_refuse_when_encoding_is_another(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"account_id,account_name\na1,\x82\xff\n")
    message = refused(tmp_path, {"files": "a.csv", "encoding": "cp932"})
    assert message.startswith(f"sources.crm.tables.accounts: {inbox / 'a.csv'} is not encoded in cp932: ")


def test_files_refuse_when_required_column_is_missing(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("id,account_name\na1,One\n")
    assert refused(tmp_path, {"files": "a.csv"}) == (
        "sources.crm.tables.accounts: the required column account_id is not mapped, and the file has no column of "
        "that name. The file has: id, account_name."
    )


def test_files_refuse_when_mapped_column_is_missing(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("id,name\na1,One\n")
    message = refused(tmp_path, {"files": "a.csv", "columns": {"account_id": "id", "account_name": "company"}})
    assert message == (
        "sources.crm.tables.accounts.columns.account_name: the file has no column 'company'. It has: id, name. "
        "Correct the mapping, or ask the source for the column."
    )


@pytest.mark.parametrize(
    ("told", "place"),
    [({"known_at": "changed"}, "known_at"), ({"keep": [{"column": "changed", "one_of": ["x"]}]}, "keep")],
    ids=["known_at", "keep"],
)
def test_files_name_the_place_when_column_beside_the_mapping_is_missing(
    tmp_path: Path, inbox: Path, told: dict[str, Any], place: str
) -> None:
    (inbox / "a.csv").write_text("account_id\na1\n")
    message = refused(tmp_path, {"files": "a.csv"} | told)
    assert message.startswith(
        f"sources.crm.tables.accounts.{place}: the file has no column 'changed'. It has: account_id."
    )


def test_files_refuse_when_contract_has_no_such_column(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("id\na1\n")
    message = refused(tmp_path, {"files": "a.csv", "columns": {"account_id": "id", "colour": "id"}})
    assert re.match(
        r"sources\.crm\.tables\.accounts\.columns: colour is no column of the entity accounts\. "
        r"It has: account_id, account_name, segment, ",
        message,
    )


def test_files_refuse_when_mapping_gives_neither_column_nor_constant(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("id\na1\n")
    message = refused(tmp_path, {"files": "a.csv", "columns": {"account_id": "id", "segment": {"format": "%Y"}}})
    assert message == "sources.crm.tables.accounts.columns.segment: give one of `column`, `constant` and `expression`."
