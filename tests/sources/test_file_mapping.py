"""The mapping of foreign columns: renames, constants, formats, values, filters, joins, and rows that do not fit."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from dagster_project.sources.landing import SourceError
from dagster_project.warehouse.interface import LoadResult
from tests.sources.loading import LOADED_AT, load, picked


def test_mapping_renames_and_fills_when_columns_and_constants_are_told(tmp_path: Path, inbox: Path) -> None:
    (inbox / "c.csv").write_text("Id,Kunde,Plätze,Beginn\nc1,a1,12,2025-02-03\n")
    columns = {
        "contract_id": "Id",
        "account_id": "Kunde",
        "seat_count": "Plätze",
        "start_date": "Beginn",
        "currency_code": {"constant": "EUR"},
        "is_trial": {"constant": False},
        "mrr_amount": {"constant": 9.5},
    }
    loaded = load(tmp_path, "contracts", {"files": "c.csv", "columns": columns})
    assert picked(loaded.rows, "contract_id", "account_id", "seat_count", "start_date") == [
        ("c1", "a1", 12, date(2025, 2, 3))
    ]
    assert [(row["currency_code"], row["is_trial"], str(row["mrr_amount"])) for row in loaded.rows] == [
        ("EUR", False, "9.50")
    ]
    assert set(loaded.batch.fed_columns) == set(columns)


def test_mapping_reads_an_expression_over_columns_of_both_files(tmp_path: Path, inbox: Path) -> None:
    (inbox / "s.csv").write_text("desk,begin,end,since\nd1,1980,2460,3\nd1,0,60,\nd1,oops,60,\n")
    (inbox / "d.csv").write_text("code,zone\nd1,Asia/Tokyo\n")
    columns = {
        "schedule_id": {"expression": """concat_ws('-', desk, "site.code", ' begin')"""},
        "time_zone": "site.zone",
        "iso_day_of_week": {
            "expression": "try_cast(begin as int) // 1440",
            "values": {"0": "7", "1": "1"},
        },
        "start_minute": {"expression": "try_cast(begin as int) % 1440"},
        "end_minute": {"expression": '"END"::int - coalesce(try_cast(begin as int), 0) // 1440 * 1440'},
    }
    join = {"files": "d.csv", "on": {"desk": "code"}, "prefix": "site."}
    loaded = load(tmp_path, "working_schedules", {"files": "s.csv", "columns": columns, "join": join})
    names = ("schedule_id", "time_zone", "iso_day_of_week", "start_minute", "end_minute")
    assert picked(loaded.rows, *names) == [
        ("d1-d1- begin", "Asia/Tokyo", 1, 540, 1020),
        ("d1-d1- begin", "Asia/Tokyo", 7, 0, 60),
    ]
    assert picked(loaded.rejected, "reason", "column_name", "row_number") == [("missing_value", "iso_day_of_week", 3)]
    # What an expression names is taken; the rest is kept beside.
    assert [json.loads(row["_extra"]) if row["_extra"] else None for row in loaded.rows] == [{"since": "3"}, None]


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("lower(colour)", 'Referenced column "colour" not found'),
        ("lower(", "syntax error"),
        ("count(*)", "must appear in the GROUP BY clause"),
    ],
)
def test_mapping_refuses_an_expression_when_it_cannot_be_read(
    tmp_path: Path, inbox: Path, expression: str, told: str
) -> None:
    (inbox / "a.csv").write_text("id,size\na1,S\n")
    columns = {"account_id": "id", "segment": {"expression": expression}}
    with pytest.raises(SourceError) as refusal:
        load(tmp_path, "accounts", {"files": "a.csv", "columns": columns})
    message = str(refusal.value)
    assert message.startswith(
        f"sources.crm.tables.accounts.columns.segment: the expression {expression} cannot be read: "
    )
    assert told in message
    assert message.endswith("The file has: id, size.")


def test_mapping_rejects_when_a_time_zone_is_unknown(tmp_path: Path, inbox: Path) -> None:
    (inbox / "s.csv").write_text(
        "schedule_id,time_zone,iso_day_of_week,start_minute,end_minute\n"
        "s,Asia/Tokyo,1,540,720\ns,Asia/Tokio,2,540,720\ns,localtime,3,540,720\ns,,4,540,720\n"
    )
    loaded = load(tmp_path, "working_schedules", {"files": "s.csv"})
    assert picked(loaded.rows, "time_zone", "iso_day_of_week") == [("Asia/Tokyo", 1)]
    assert picked(loaded.rejected, "reason", "column_name", "value", "row_number") == [
        ("unknown_value", "time_zone", "Asia/Tokio", 2),
        ("unknown_value", "time_zone", "localtime", 3),
        ("missing_value", "time_zone", None, 4),
    ]


def test_mapping_reads_dates_and_times_when_format_is_told(tmp_path: Path, inbox: Path) -> None:
    (inbox / "t.csv").write_text("id,opened,done\nt1,03/02/2025 08:30,2025-02-03T09:00:00+0200\n")
    columns = {
        "ticket_id": "id",
        "created_at": {"column": "opened", "format": "%d/%m/%Y %H:%M"},
        "resolved_at": {"column": "done", "format": "%Y-%m-%dT%H:%M:%S%z"},
    }
    loaded = load(tmp_path, "tickets", {"files": "t.csv", "timezone": "Asia/Tokyo", "columns": columns})
    assert picked(loaded.rows, "created_at", "resolved_at") == [
        (datetime(2025, 2, 2, 23, 30), datetime(2025, 2, 3, 7, 0))
    ]


def test_mapping_rejects_when_formatted_date_is_impossible(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("id,since\na1,28/02/2025\na2,31/02/2025\n")
    columns = {"account_id": "id", "signed_up_date": {"column": "since", "format": "%d/%m/%Y"}}
    loaded = load(tmp_path, "accounts", {"files": "a.csv", "columns": columns})
    assert picked(loaded.rows, "account_id", "signed_up_date") == [("a1", date(2025, 2, 28))]
    assert picked(loaded.rejected, "reason", "column_name", "value", "row_number", "file_path") == [
        ("wrong_type", "signed_up_date", "31/02/2025", 2, str(inbox / "a.csv"))
    ]


VALUES: dict[str, Any] = {"column": "size", "values": {"S": "small", "L": "large"}}


def test_mapping_rejects_when_value_is_not_listed(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("account_id,size\na1,S\na2,L\na3,XL\na4,\n")
    loaded = load(tmp_path, "accounts", {"files": "a.csv", "columns": {"account_id": "account_id", "segment": VALUES}})
    assert picked(loaded.rows, "account_id", "segment") == [("a1", "small"), ("a2", "large"), ("a4", None)]
    assert picked(loaded.rejected, "reason", "column_name", "value", "row_number") == [
        ("unknown_value", "segment", "XL", 3)
    ]


def test_mapping_takes_otherwise_when_value_is_not_listed(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("account_id,size\na1,S\na3,XL\n")
    columns = {"account_id": "account_id", "segment": VALUES | {"otherwise": "other"}}
    loaded = load(tmp_path, "accounts", {"files": "a.csv", "columns": columns})
    assert picked(loaded.rows, "account_id", "segment") == [("a1", "small"), ("a3", "other")]
    assert loaded.rejected == []


def test_mapping_counts_filtered_rows_when_keep_rules_fail(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text(
        "account_id,kind,state\na1,customer,live\na2,partner,live\na3,customer,gone\n,partner,\n"
    )
    keep = [{"column": "kind", "one_of": ["customer"]}, {"column": "state", "none_of": ["gone"]}]
    loaded = load(tmp_path, "accounts", {"files": "a.csv", "keep": keep})
    assert loaded.result == LoadResult(4, 3, 1, 0, 0, 0)
    assert picked(loaded.rows, "account_id") == [("a1",)]


JOINED: dict[str, Any] = {
    "files": "a.csv",
    "columns": {"account_id": "id", "plan_name": "plan_title"},
    "join": {"files": "plans.csv", "on": {"plan": "code"}, "prefix": "plan_"},
}


def test_mapping_takes_columns_of_second_file_when_joined(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("id,plan\na1,g\na2,s\na3,none\n")
    (inbox / "plans.csv").write_text("code,title\ng,Gold\ns,Silver\nb,Bronze\n")
    loaded = load(tmp_path, "accounts", JOINED)
    assert loaded.result == LoadResult(3, 0, 3, 0, 0, 0)
    assert picked(loaded.rows, "account_id", "plan_name") == [("a1", "Gold"), ("a2", "Silver"), ("a3", None)]


def test_mapping_counts_broken_line_once_when_it_is_in_the_joined_file(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("id,plan\na1,g\n")
    (inbox / "plans.csv").write_text("code,title\ng,Gold\ns,Silver,more\n")
    loaded = load(tmp_path, "accounts", JOINED)
    assert loaded.result == LoadResult(2, 0, 1, 0, 0, 1)
    assert picked(loaded.rejected, "file_path", "row_number", "reason") == [
        (str(inbox / "plans.csv"), 2, "malformed_line")
    ]


def test_mapping_refuses_when_join_key_repeats(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("id,plan\na1,g\n")
    (inbox / "plans.csv").write_text("code,title\ng,Gold\ng,Golden\n")
    with pytest.raises(SourceError) as caught:
        load(tmp_path, "accounts", JOINED)
    assert str(caught.value) == (
        "sources.crm.tables.accounts.join: the key code repeats in plans.csv (for instance ('g',)), so that rows would "
        "multiply. Join on a key that is unique."
    )


def test_mapping_refuses_when_join_column_is_missing(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("id,tariff\na1,g\n")
    (inbox / "plans.csv").write_text("code,title\ng,Gold\n")
    with pytest.raises(SourceError) as caught:
        load(tmp_path, "accounts", JOINED)
    assert str(caught.value).startswith(
        "sources.crm.tables.accounts.join.on: the file has no column 'plan'. It has: id, tariff, plan_code, plan_title."
    )


EVENT = "a1,f1,2025-02-03T04:05:06Z"


@pytest.mark.parametrize(
    ("key", "kept"), [("whole_row", ["1", "2"]), (["account_id"], ["1"])], ids=["whole_row", "one_column"]
)
def test_mapping_keeps_rows_that_share_an_id_and_differ_when_key_is_whole_row(
    tmp_path: Path, inbox: Path, key: str | list[str], kept: list[str]
) -> None:
    (inbox / "e.csv").write_text(f"account_id,feature_id,event_at,event_count\n{EVENT},1\n{EVENT},2\n{EVENT},1\n")
    loaded = load(tmp_path, "usage_events", {"files": "e.csv", "key": key})
    assert sorted(str(row["event_count"]) for row in loaded.rows) == kept
    assert loaded.result == LoadResult(3, 0, len(kept), 1, 0, 2 - len(kept))


def test_mapping_keeps_unmapped_columns_as_extra_when_source_has_more(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text('account_id,Region,note,changed\na1,north,"say ""hi""",2025-02-03\n')
    loaded = load(tmp_path, "accounts", {"files": "a.csv", "known_at": "changed"})
    assert [json.loads(row["_extra"]) for row in loaded.rows] == [{"Region": "north", "note": 'say "hi"'}]


def test_mapping_leaves_extra_empty_when_all_columns_are_mapped(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("account_id\na1\n")
    assert picked(load(tmp_path, "accounts", {"files": "a.csv"}).rows, "_extra") == [(None,)]


def test_mapping_rejects_with_reason_when_rows_do_not_fit(tmp_path: Path, inbox: Path) -> None:
    (inbox / "c.csv").write_text(
        "contract_id,account_id,seat_count,start_date\n"
        "c1,a1,12.0,2025-02-03\n"
        "c2,a1,12.6,2025-02-03\n"
        "c3,a1,12,2025-02-31\n"
        "c4,  ,12,2025-02-03\n"
        "c5,a1,12,2025-02-03,too much\n"
        "c6,a1,12\n"
        "c7,a1,many,2025-02-03\n"
        "c8,a1,,2025-02-03\n"
    )
    loaded = load(tmp_path, "contracts", {"files": "c.csv"})
    assert loaded.result == LoadResult(8, 0, 2, 0, 0, 6)
    assert picked(loaded.rows, "contract_id", "seat_count") == [("c1", 12), ("c8", None)]
    assert picked(loaded.rejected, "row_number", "reason", "column_name", "value") == [
        (2, "wrong_type", "seat_count", "12.6"),
        (3, "wrong_type", "start_date", "2025-02-31"),
        (4, "missing_value", "account_id", None),
        (5, "malformed_line", None, "Expected Number of Columns: 4 Found: 5"),
        (6, "malformed_line", "start_date", "Expected Number of Columns: 4 Found: 3"),
        (7, "wrong_type", "seat_count", "many"),
    ]
    assert {row["file_path"] for row in loaded.rejected} == {str(inbox / "c.csv")}
    assert {(row["source_name"], row["entity"], row["load_number"], row["loaded_at"]) for row in loaded.rejected} == {
        ("crm", "contracts", 1, LOADED_AT)
    }
    assert json.loads(loaded.rejected[0]["source_row"]) == {
        "contract_id": "c2", "account_id": "a1", "seat_count": "12.6", "start_date": "2025-02-03"
    }  # fmt: skip
    assert loaded.rejected[3]["source_row"] == "c5,a1,12,2025-02-03,too much"


def test_mapping_numbers_rows_not_lines_when_a_value_spans_lines(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text('account_id,account_name\na1,"One\nand\nonly"\na2,Two,more\n,Three\n')
    loaded = load(tmp_path, "accounts", {"files": "a.csv"})
    assert picked(loaded.rejected, "row_number", "reason") == [(2, "malformed_line"), (3, "missing_value")]


def test_mapping_rejects_when_knowledge_time_is_blank(tmp_path: Path, inbox: Path) -> None:
    (inbox / "a.csv").write_text("account_id,changed\na1,2025-02-03\na2,\n")
    loaded = load(tmp_path, "accounts", {"files": "a.csv", "known_at": "changed"})
    assert loaded.result == LoadResult(2, 0, 1, 0, 0, 1)
    assert picked(loaded.rejected, "row_number", "reason", "column_name") == [(2, "missing_known_at", "changed")]


def test_mapping_converts_times_when_zone_is_tokyo(tmp_path: Path, inbox: Path) -> None:
    (inbox / "t.csv").write_text("ticket_id,created_at,resolved_at\nt1,2025-02-03T08:00:00,2025-02-03 08:00:00+02:00\n")
    loaded = load(tmp_path, "tickets", {"files": "t.csv", "timezone": "Asia/Tokyo"})
    assert picked(loaded.rows, "created_at", "resolved_at") == [(datetime(2025, 2, 2, 23), datetime(2025, 2, 3, 6))]


def test_mapping_finds_zone_when_clocks_change(tmp_path: Path, inbox: Path) -> None:
    (inbox / "t.csv").write_text("ticket_id,created_at\nt1,2025-01-15T12:00:00\nt2,2025-07-15T12:00:00\n")
    loaded = load(tmp_path, "tickets", {"files": "t.csv", "timezone": "Europe/Berlin"})
    assert picked(loaded.rows, "created_at") == [(datetime(2025, 1, 15, 11),), (datetime(2025, 7, 15, 10),)]
