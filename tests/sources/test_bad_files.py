"""What real exports do wrong: each ends in a clear error, or in rejected rows that are counted and kept."""

from datetime import date
from pathlib import Path

import pytest

from dagster_project.sources.landing import SourceError
from tests.sources.loading import load, picked

TEN_MEGABYTES = 10_000_000
CONTRACTS = "contract_id,account_id,start_date\n"


def test_rows_are_rejected_when_a_column_changes_its_type(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text(
        "contract_id,account_id,seat_count,start_date\nc1,a,ten,2026-01-01\nc2,a,,2026-01-01\n"
    )
    loaded = load(tmp_path, "contracts", {"files": "a.csv"})
    assert picked(loaded.rows, "contract_id", "seat_count") == [("c2", None)]
    assert picked(loaded.rejected, "reason", "column_name", "value") == [("wrong_type", "seat_count", "ten")]


@pytest.mark.parametrize("told", ["31/02/2026", "2026-02-31", "soon"])
def test_row_is_rejected_when_its_date_is_none(tmp_path: Path, inbox: Path, told: str) -> None:
    (inbox / "a.csv").write_text(f"{CONTRACTS}c1,a,{told}\nc2,a,2026-01-01\n")
    loaded = load(tmp_path, "contracts", {"files": "a.csv"})
    assert picked(loaded.rows, "contract_id") == [("c2",)]
    assert picked(loaded.rejected, "reason", "column_name", "value", "row_number") == [
        ("wrong_type", "start_date", told, 1)
    ]


def test_date_of_the_future_is_kept_for_the_suite_to_judge(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text(f"{CONTRACTS}c1,a,2099-01-01\n")
    loaded = load(tmp_path, "contracts", {"files": "a.csv"})
    assert picked(loaded.rows, "start_date") == [(date(2099, 1, 1),)]


def test_rows_load_once_when_a_file_comes_twice(tmp_path: Path, inbox: Path) -> None:
    for name in ("a.csv", "copy of a.csv"):
        (inbox / name).write_text(f"{CONTRACTS}c1,a,2026-01-01\n")
    loaded = load(tmp_path, "contracts", {"files": "*.csv"})
    assert (loaded.result.rows_read, loaded.result.rows_loaded, loaded.result.rows_unchanged) == (2, 1, 1)


def test_later_row_stands_when_an_id_is_used_twice(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text(f"{CONTRACTS}c1,a,2026-01-01\nc1,b,2026-02-01\n")
    loaded = load(tmp_path, "contracts", {"files": "a.csv"})
    assert picked(loaded.rows, "account_id") == [("b",)]
    assert picked(loaded.rejected, "reason", "value") == [("repeated_key", "crm:c1")]


def test_first_event_stands_when_its_id_comes_with_other_content(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text(
        "event_id,account_id,feature_id,event_at\n"
        "e1,a,f1,2026-01-01T09:00:00Z\ne1,a,f2,2026-01-01T09:00:00Z\ne1,a,f1,2026-01-01T09:00:00Z\n"
    )
    loaded = load(tmp_path, "usage_events", {"files": "a.csv"})
    assert picked(loaded.rows, "feature_id") == [("f1",)]
    assert picked(loaded.rejected, "reason") == [("event_changed",)]
    assert loaded.result.rows_unchanged == 1


def test_row_is_kept_when_its_key_points_nowhere(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text(f"{CONTRACTS}c1,nobody,2026-01-01\n")
    assert picked(load(tmp_path, "contracts", {"files": "a.csv"}).rows, "account_id") == [("nobody",)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_rows_load_whatever_ends_the_lines(tmp_path: Path, inbox: Path, line_end: str) -> None:
    text = f"{CONTRACTS}c1,a,2026-01-01\nc2,a,2026-01-02\n".replace("\n", line_end)
    (inbox / "a.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    loaded = load(tmp_path, "contracts", {"files": "a.csv"})
    assert picked(loaded.rows, "contract_id", "start_date") == [
        ("c1", date(2026, 1, 1)),
        ("c2", date(2026, 1, 2)),
    ]


def test_rows_load_when_utf_16_is_told(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes("account_id,account_name\na1,株式会社表\n".encode("utf-16"))
    loaded = load(tmp_path, "accounts", {"files": "a.csv", "encoding": "utf-16"})
    assert picked(loaded.rows, "account_id", "account_name") == [("a1", "株式会社表")]


def test_field_of_ten_megabytes_is_kept_whole(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("account_id,account_name\na1," + "x" * TEN_MEGABYTES + "\na2,small\n")
    loaded = load(tmp_path, "accounts", {"files": "a.csv"})
    assert [(row["account_id"], len(row["account_name"])) for row in loaded.rows] == [("a1", TEN_MEGABYTES), ("a2", 5)]


def test_field_beyond_the_limit_is_rejected_or_named(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("account_id,account_name\na1," + "x" * (3 * TEN_MEGABYTES) + "\na2,small\n")
    try:
        loaded = load(tmp_path, "accounts", {"files": "a.csv"})
    except SourceError as error:
        assert "a.csv" in str(error)
    else:
        assert len(loaded.rows) + len(loaded.rejected) == 2


def test_line_with_a_stray_quote_is_rejected_or_named(tmp_path: Path, inbox: Path) -> None:
    lines = [f"a{number},name {number}" for number in range(50)]
    lines[20] = 'a20,"left open" and on'
    (inbox / "a.csv").write_text("\n".join(["account_id,account_name", *lines]) + "\n")
    try:
        loaded = load(tmp_path, "accounts", {"files": "a.csv"})
    except SourceError as error:
        assert "a.csv" in str(error)
    else:
        assert picked(loaded.rejected, "reason", "row_number") == [("malformed_line", 21)]
        assert len(loaded.rows) == 49


def test_foreign_column_may_be_called_filename(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("account_id,filename\na1,scan.pdf\n")
    loaded = load(tmp_path, "accounts", {"files": "a.csv"})
    assert picked(loaded.rows, "account_id", "_extra") == [("a1", '{"filename":"scan.pdf"}')]


def test_file_that_is_no_parquet_is_named(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.parquet").write_text("event_id\n")
    with pytest.raises(SourceError, match=r"(?s)a\.parquet.*Check that the file is whole"):
        load(tmp_path, "usage_events", {"files": "a.parquet"})
