"""Valid input, and what is done to it: each mutation with the outcome that it must have."""

import gzip
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

Outcome = Literal["accepted", "rejected", "held", "unchanged", "superseded", "marked"]
Cells = dict[str, str]

# A valid row of each entity, as text; `{n}` numbers it.
VALID: dict[str, Cells] = {
    "accounts": {
        "account_id": "a{n}", "account_name": "株式会社{n}", "domain": "a{n}.example", "is_test": "false",
        "signed_up_date": "2026-01-05", "updated_at": "2026-06-20T09:00:00Z",
    },
    "contracts": {
        "contract_id": "c{n}", "account_id": "a1", "contract_model": "subscription", "seat_count": "10",
        "mrr_amount": "1200.50", "one_off_amount": "", "currency_code": "", "previous_contract_id": "",
        "start_date": "2026-01-05", "end_date": "2027-01-05",
        "updated_at": "2026-06-20T09:00:00Z",
    },
    "users": {
        "user_id": "u{n}", "account_id": "a1", "email": "u{n}@a1.example", "user_name": "佐藤{n}",
        "created_at": "2026-01-05T00:00:00Z", "activated_at": "2026-01-06T00:00:00Z",
        "updated_at": "2026-06-20T09:00:00Z",
    },
    "usage_events": {
        "event_id": "e{n}", "account_id": "a1", "user_id": "u1", "feature_id": "f1",
        "event_at": "2026-06-20T09:00:00Z", "event_count": "1", "active_seconds": "60", "device_kind": "desktop",
        "updated_at": "2026-06-20T09:00:00Z",
    },
    "tickets": {
        "ticket_id": "t{n}", "account_id": "a1", "status": "solved", "priority": "high", "satisfaction": "good",
        "is_escalated": "false", "first_reply_minutes": "12.5", "created_at": "2026-06-19T09:00:00Z",
        "resolved_at": "2026-06-20T09:00:00Z", "updated_at": "2026-06-20T09:00:00Z",
    },
    "survey_answers": {
        "answer_id": "s{n}", "survey_kind": "nps", "account_id": "a1", "answer_score": "9",
        "comment_text": "使いやすい", "answered_at": "2026-06-20T09:00:00Z", "updated_at": "2026-06-20T09:00:00Z",
    },
}  # fmt: skip
VALID_ROWS = 30


@dataclass(frozen=True)
class Mutation:
    """One cell, row or file that is not as it should be."""

    name: str
    entity: str
    outcome: Outcome
    cells: Cells = field(default_factory=dict)
    """Of one more row, in place of the valid ones; every other cell is valid."""
    file: Callable[[str], bytes] | None = None
    """Makes the second file out of the text of a valid one."""
    file_name: str = "second.csv"
    told: str = ""
    """Reason of a rejection (`reason column`), or words of the message of a held batch."""
    stored: str | None = None
    """What an accepted cell becomes, where it is not what was sent."""


def row(entity: str, number: int, cells: Cells | None = None) -> Cells:
    """A valid row with some cells in place of its own."""
    return {name: value.format(n=number) for name, value in VALID[entity].items()} | (cells or {})


def csv_text(rows: Sequence[Cells]) -> str:
    """Rows under a header."""
    lines = [",".join(rows[0])] + [",".join(_cell(value) for value in each.values()) for each in rows]
    return "\n".join(lines) + "\n"


def first_file(entity: str) -> str:
    """What was delivered and loaded before the mutation comes."""
    return csv_text([row(entity, number) for number in range(VALID_ROWS)])


def second_file(mutation: Mutation) -> bytes:
    """As many new rows, and among them what is not as it should be."""
    rows = [row(mutation.entity, 100 + number) for number in range(VALID_ROWS)]
    if mutation.file:
        return mutation.file(csv_text(rows))
    return csv_text([*rows, row(mutation.entity, 999, mutation.cells)]).encode()


def _cell(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if any(sign in value for sign in '",\n\r') else value


def _rejected(entity: str, column: str, reason: str, *values: str) -> list[Mutation]:
    return [
        Mutation(f"{entity}.{column}={value!r:.40}", entity, "rejected", {column: value}, told=f"{reason} {column}")
        for value in values
    ]


def _broken(entity: str, expectation: str, **cells: str) -> Mutation:
    """A row that breaks an expectation of the suite is rejected under the expectation's name."""
    return Mutation(f"{entity}: {expectation} {cells}", entity, "rejected", cells, told=f"{expectation} None")


def _accepted(entity: str, column: str, *values: str, stored: str | None = None) -> list[Mutation]:
    return [
        Mutation(f"{entity}.{column}={value!r:.40}", entity, "accepted", {column: value}, stored=stored)
        for value in values
    ]


def _held(name: str, entity: str, told: str, file: Callable[[str], bytes], file_name: str = "second.csv") -> Mutation:
    return Mutation(name, entity, "held", file=file, file_name=file_name, told=told)


def _each_line(text: str, change: Callable[[str], str]) -> bytes:
    return "\n".join(map(change, text.splitlines())).encode()


def _moved(text: str) -> str:
    header, *lines = text.splitlines()
    return "\n".join([header, *(line.partition(",")[2] + ",x" for line in lines)])


def as_file(rows: Sequence[Cells], form: str) -> bytes:
    """Rows as text columns of a CSV, packed JSON lines or Parquet file."""
    if form == "parquet":
        target = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(list(rows)), target)
        return target.getvalue()
    if form == "jsonl.gz":
        return gzip.compress("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows).encode())
    return csv_text(rows).encode()


TYPES = [
    *_rejected("contracts", "seat_count", "wrong_type", "ten", "十", "12.5", "0x1G", "1,200", "99999999999", "NaN",
               "Infinity", "-Infinity", "1e40", "--5", "10席", "#REF!", "null", "None"),
    *_rejected("contracts", "mrr_amount", "wrong_type", "1.234,56", "¥1,000", "12345678901234567.00", "1e20", "abc",
               "NaN", "inf", "1 200", "=1+1"),
    *_rejected("accounts", "is_test", "wrong_type", "maybe", "はい", "2026", "tru e"),
    *_rejected("tickets", "first_reply_minutes", "wrong_type", "12:30", "5m", "half"),
    *_rejected("survey_answers", "answer_score", "wrong_type", "9.5", "nine", "★★★"),
    *_rejected("usage_events", "active_seconds", "wrong_type", "1m", "3600.25", "9223372036854775808"),
]  # fmt: skip
DATES = [
    *_rejected("contracts", "start_date", "wrong_type", "31/02/2026", "2026-02-29", "2026-13-01", "01/02/2026",
               "46023", "5 January", "2026-00-10", "令和8年1月5日", "tomorrow"),
    *_rejected("usage_events", "event_at", "wrong_type", "2026-06-20T25:00:00", "20/06/2026 09:00", "noon",
               "1781946000", "2026-06-31T00:00:00Z"),
    _broken("contracts", "contracts_starting_before_1990", start_date="0001-01-01"),
    _broken("contracts", "contracts_starting_before_1990", start_date="26-01-05"),
    _broken("contracts", "contracts_starting_ten_years_ahead", start_date="9999-12-31"),
    _broken("accounts", "accounts_signed_up_in_the_future", signed_up_date="2099-01-01"),
    _broken("users", "users_activated_before_creation", activated_at="2025-12-31T00:00:00Z"),
    _broken("usage_events", "events_from_the_future", event_at="2026-07-09T00:00:00Z"),
    _broken("usage_events", "events_before_2000", event_at="1970-01-01T00:00:00Z"),
    _broken("tickets", "tickets_from_the_future", created_at="2026-08-01T00:00:00Z", resolved_at=""),
    _broken("tickets", "tickets_resolved_before_creation", resolved_at="2026-06-01T00:00:00Z"),
    *_accepted("contracts", "end_date", "9999-12-31", ""),
    *_accepted("usage_events", "event_at", "2025-06-20T09:00:00Z", stored="2025-06-20 09:00:00"),  # a year late
]  # fmt: skip
ZONES = [
    *_accepted("usage_events", "event_at", "2026-06-20T18:00:00+09:00", stored="2026-06-20 09:00:00"),
    *_accepted("usage_events", "event_at", "2026-06-20 09:00:00", stored="2026-06-20 09:00:00"),
    *_accepted("usage_events", "event_at", "2026-06-20T09:00:00.123456Z", stored="2026-06-20 09:00:00.123456"),
    *_rejected("usage_events", "event_at", "wrong_type", "2026-06-20T09:00:00 Mars/Base"),
]
NULLS_AND_KEYS = [
    *_rejected("accounts", "account_id", "missing_value", "", "   ", "\u3000", "\u200b", "\t", "\ufeff \u00a0"),
    *_rejected("contracts", "account_id", "missing_value", "", "\u3000\u3000"),
    *_rejected("users", "account_id", "missing_value", ""),
    *_rejected("usage_events", "feature_id", "missing_value", ""),
    *_rejected("usage_events", "event_id", "missing_value", ""),
    *_rejected("tickets", "created_at", "missing_value", ""),
    Mutation("no time of knowledge", "accounts", "rejected", {"updated_at": ""}, told="missing_known_at updated_at"),
    Mutation("key used twice", "accounts", "rejected", {"account_id": "a101", "account_name": "Other"},
             told="repeated_key None"),
    Mutation("event id used twice", "usage_events", "rejected", {"event_id": "e1", "active_seconds": "61"},
             told="event_changed None"),
    Mutation("the same row twice", "accounts", "unchanged", {"account_id": "a101",
             "account_name": "株式会社101", "domain": "a101.example"}),
    Mutation("an older version", "accounts", "superseded", {"account_id": "a1", "account_name": "Old",
             "updated_at": "2026-06-01T00:00:00Z"}),
    Mutation("keys that differ in case", "accounts", "accepted", {"account_id": "A101"}),
    Mutation("key with a blank behind it", "users", "unchanged", {"user_id": "u101 ",
             "email": "u101@a1.example", "user_name": "佐藤101"}),
    *_accepted("contracts", "mrr_amount", "", "0", "0.00"),
    *_accepted("tickets", "account_id", ""),
]  # fmt: skip
WORDS = [
    *_rejected("contracts", "contract_model", "unknown_value", "Subscription", "購読", "one-off"),
    *_rejected("tickets", "priority", "unknown_value", "P1", "緊急", "HIGH"),
    *_rejected("tickets", "status", "unknown_value", "done"),
    *_rejected("tickets", "satisfaction", "unknown_value", "great", "5"),
    *_rejected("usage_events", "device_kind", "unknown_value", "tablet"),
    *_rejected("survey_answers", "survey_kind", "unknown_value", "NPS"),
]
HUGE = [
    _broken("contracts", "contracts_with_negative_seats", seat_count="-5"),
    _broken("contracts", "contracts_with_negative_revenue", mrr_amount="-0.01"),
    _broken("contracts", "contracts_with_negative_one_off_amount", one_off_amount="-0.01"),
    _broken("usage_events", "events_with_negative_figures", event_count="-1"),
    _broken("usage_events", "events_longer_than_a_day", active_seconds="86401"),
    _broken("tickets", "replies_before_creation", first_reply_minutes="-3"),
    _broken("contracts", "contracts_with_more_revenue_than_any_company", mrr_amount="9999999999999999.99"),
    _broken("contracts", "contracts_with_more_seats_than_any_company", seat_count="2147483647"),
    *_accepted("contracts", "mrr_amount", "1000000000000.00"),
    *_accepted("survey_answers", "comment_text", "長" * 100_000),
]
TEXTS = [
    *_accepted(
        "accounts", "account_name",
        "🎉🧑‍🚀🇯🇵", "ＡＢＣ　株式会社", "عميل", "a\u200bb", "e\u0301", "ﾊﾝｶｸ", "line\nbreak", 'quo"te', "back\\slash",
        "tab\tin",
        "'; drop table raw.files_accounts; --", "{{ ref('x') }}", "${HOME}", "../../etc/passwd", "%s %d {0}",
        "<script>",
        "=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "NULL", "nan", "0",
    ),
    *_accepted("survey_answers", "comment_text", "最高!\n\nでも、高い。", "a,b;c|d", "''", '""'),
]  # fmt: skip
REFERENCES = [
    Mutation("contract of an account that nobody has", "contracts", "accepted", {"account_id": "nobody"}),
    Mutation("usage of an account that nobody has", "usage_events", "accepted", {"account_id": "nobody"}),
    Mutation("contract in a currency without a rate", "contracts", "accepted", {"currency_code": "XXX"}),
    Mutation("contract that renews none that is there", "contracts", "accepted", {"previous_contract_id": "nowhere"}),
    Mutation("contract that ends before it starts", "contracts", "accepted", {"end_date": "2025-01-01"}),
]
FILES = [
    _held("file without a byte", "accounts", "is empty (0 bytes)", lambda _: b""),
    _held("words in place of a table", "accounts", "account_id", lambda _: b"Internal Server Error\n"),
    _held("cp932 told as UTF-8", "accounts", "30 of 30 rows are rejected", lambda text: text.encode("cp932")),
    _held("UTF-16 told as UTF-8", "accounts", "account_id", lambda text: text.encode("utf-16")),
    _held("half a gzip", "accounts", "Check that the file is whole",
          lambda text: gzip.compress(text.encode())[:200], "second.csv.gz"),
    _held("no gzip at all", "accounts", "Check that the file is whole", lambda text: text.encode(), "second.csv.gz"),
    _held("header renamed", "accounts", "account_id", lambda text: text.replace("account_id", "id", 1).encode()),
    _held("header in capitals only half", "contracts", "start_date",
          lambda text: text.replace("start_date", "Start Date", 1).encode()),
    _held("time of knowledge gone", "accounts", "updated_at",
          lambda text: text.replace("updated_at", "at", 1).encode()),
    _held("other delimiter", "accounts", "account_id", lambda text: text.replace(",", ";").encode()),
    _held("every date in another form", "contracts", "rows are rejected",
          lambda text: text.replace("2026-01-05", "05/01/2026").encode()),
    _held("columns moved without their header", "contracts", "rows are rejected", lambda text: _moved(text).encode()),
    Mutation("header only", "accounts", "unchanged", file=lambda text: (text.splitlines()[0] + "\n").encode()),
    Mutation("a byte order mark", "accounts", "accepted", file=lambda text: b"\xef\xbb\xbf" + text.encode()),
    Mutation("line ends of another system", "accounts", "accepted",
             file=lambda text: text.replace("\n", "\r\n").encode()),
    Mutation("a column more", "accounts", "accepted", file=lambda text: _each_line(text, lambda line: line + ",gold")),
    Mutation("columns in another order", "accounts", "accepted",
             file=lambda text: _each_line(text, lambda line: ",".join(reversed(line.split(","))))),
    Mutation("header again in the middle", "accounts", "rejected", told="wrong_type is_test",
             file=lambda text: (text + text.splitlines()[0] + "\n").encode()),
    Mutation("file cut in the middle of a row", "accounts", "rejected", told="malformed_line",
             file=lambda text: text.encode()[:-40]),
    Mutation("a line with a field more", "accounts", "rejected", told="malformed_line",
             file=lambda text: (text.rstrip("\n") + ",one,two\n").encode()),
    Mutation("the whole file again under another name", "accounts", "unchanged",
             file=lambda _: first_file("accounts").encode(), file_name="again.csv"),
    _held("Parquet without its end", "usage_events", "Check that the file is whole",
          lambda _: as_file([row("usage_events", 1)], "parquet")[:-50], "second.parquet"),
    _held("no Parquet at all", "usage_events", "Check that the file is whole", lambda text: text.encode(),
          "second.parquet"),
    _held("half a line of JSON", "tickets", "JSON lines", lambda _: b'{"ticket_id": "t1", "cre', "second.jsonl"),
    _held("a list in place of JSON lines", "tickets", "ticket_id", lambda _: b"[1, 2, 3]\n", "second.jsonl"),
]  # fmt: skip

MUTATIONS = [*TYPES, *DATES, *ZONES, *NULLS_AND_KEYS, *WORDS, *HUGE, *TEXTS, *REFERENCES, *FILES]
