"""Worked rows: what is late, corrected, re-opened or merged restates facts, and leaves scores of past days alone."""

import duckdb
import pytest

from tests.conftest import World

CONFIG = """
[calendar]
history_start_date = 2026-05-01
as_of_date = {as_of_date}

[sources.crm]
type = "files"
folder = "${{BANSOU_HOME}}/in"

[sources.crm.tables]
accounts = {{ files = "accounts*.csv", known_at = "updated_at" }}
contracts = {{ files = "contracts*.csv", known_at = "updated_at" }}
users = {{ files = "users*.csv", known_at = "updated_at" }}
features = {{ files = "features*.csv", known_at = "updated_at" }}
tickets = {{ files = "tickets*.csv", known_at = "updated_at" }}
usage_events = {{ files = "events*.csv", known_at = "received_at" }}
"""
FIRST_FILES = {
    "accounts": """account_id,account_name,segment,merged_into_account_id,is_deleted,signed_up_date,updated_at
a,Alpha,smb,,false,2026-04-01,2026-04-01T00:00:00Z
b,Beta,smb,,false,2026-04-01,2026-04-01T00:00:00Z
""",
    "contracts": """contract_id,account_id,seat_count,mrr_amount,currency_code,start_date,end_date,updated_at
ca,a,2,200.00,JPY,2026-04-01,2027-04-01,2026-04-01T00:00:00Z
cb,b,4,400.00,JPY,2026-04-01,2027-04-01,2026-04-01T00:00:00Z
""",
    "users": """user_id,account_id,user_name,email,created_at,activated_at,updated_at
u1,a,One,one@alpha.example,2026-04-01T00:00:00Z,2026-04-02T00:00:00Z,2026-04-02T00:00:00Z
u2,a,Two,two@alpha.example,2026-04-01T00:00:00Z,2026-04-02T00:00:00Z,2026-04-02T00:00:00Z
""",
    "features": """feature_id,feature_name,is_core,updated_at
f,Forms,true,2026-04-01T00:00:00Z
""",
    "tickets": """ticket_id,account_id,status,is_deleted,created_at,resolved_at,updated_at
t,a,new,false,2026-05-05T09:00:00Z,,2026-05-05T09:00:00Z
t,a,solved,false,2026-05-05T09:00:00Z,2026-05-06T09:00:00Z,2026-05-06T09:00:00Z
""",
    "events": """event_id,account_id,user_id,feature_id,event_at,event_count,active_seconds,received_at
e1,a,u1,f,2026-06-08T09:00:00Z,1,60,2026-06-08T09:00:05Z
e2,a,u1,f,2026-06-10T09:00:00Z,1,60,2026-06-10T09:00:05Z
""",
}
LATER_FILES = {
    # Account b turns out to be account a.
    "accounts": """account_id,account_name,segment,merged_into_account_id,is_deleted,signed_up_date,updated_at
b,Beta,smb,a,true,2026-04-01,2026-06-13T08:00:00Z
""",
    # Contract ca had five seats from the start; cb goes over with its account.
    "contracts": """contract_id,account_id,seat_count,mrr_amount,currency_code,start_date,end_date,updated_at
ca,a,5,500.00,JPY,2026-04-01,2027-04-01,2026-06-12T08:00:00Z
cb,a,4,400.00,JPY,2026-04-01,2027-04-01,2026-06-13T08:00:00Z
""",
    # A ticket resolved last month is open again.
    "tickets": """ticket_id,account_id,status,is_deleted,created_at,resolved_at,updated_at
t,a,open,false,2026-05-05T09:00:00Z,,2026-06-12T08:00:00Z
""",
    # Three days late.
    "events": """event_id,account_id,user_id,feature_id,event_at,event_count,active_seconds,received_at
e3,a,u2,f,2026-06-10T10:00:00Z,1,60,2026-06-13T10:00:00Z
""",
}


def _write(world: World, files: dict[str, str], as_of_date: str) -> None:
    folder = world.home / "in"
    folder.mkdir(parents=True, exist_ok=True)
    for entity, text in files.items():
        (folder / f"{entity}_{as_of_date}.csv").write_text(text, encoding="utf-8")
    world.config.write_text(CONFIG.format(as_of_date=as_of_date), encoding="utf-8")
    done = world.run()
    assert done.returncode == 0, done.stdout + done.stderr


def _read(world: World, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as connection:
        return connection.execute(sql).fetchall()


USAGE = "select user_id, source_row_count from fct_usage_daily where usage_date = date '2026-06-10' order by 1"
PAST = " where score_date <= date '2026-06-10' order by all"
RESOLVED = "2026-05-06 09:00:00"
MAY_REVENUE = "select account_id, mrr_amount from fct_mrr_monthly where month_end_date = date '2026-05-31' order by 1"


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, World]:
    """The world on 10 June and, three days on, with what came in between."""
    folder = tmp_path_factory.mktemp("late")
    before = World(folder / "before", folder / "before.toml")
    _write(before, FIRST_FILES, "2026-06-10")
    after = World(before.copy(folder / "after").home, folder / "after.toml")
    _write(after, LATER_FILES, "2026-06-13")
    return before, after


def test_a_late_event_counts_on_its_own_day_in_usage(worlds: tuple[World, World]) -> None:
    before, after = worlds
    [in_time] = _read(before, USAGE)  # the user's key is hashed
    assert in_time[1] == 1
    now = _read(after, USAGE)
    assert in_time in now
    assert [count for _, count in now] == [1, 1]


@pytest.mark.parametrize("mart", ["fct_health_scores", "fct_health_score_components"])
def test_scores_of_past_days_stand_whatever_came_later(worlds: tuple[World, World], mart: str) -> None:
    before, after = worlds
    stored = _read(before, f"select * from {mart}{PAST}")
    assert stored
    assert _read(after, f"select * from {mart}{PAST}") == stored


def test_scores_read_late_rows_from_the_day_on_which_they_became_known(worlds: tuple[World, World]) -> None:
    """u1 was active on the 8th; u2's late event of the 10th is known on the 13th. Seats: 2, then 5, then 5 and 4."""
    rate = (
        "select score_date, value from fct_health_score_components where account_id = 'a' and score_id = 'usage' "
        "and measure_id = 'active_seat_rate_28d' and score_date >= date '2026-06-11' order by 1"
    )
    values = [round(float(str(row[1])), 4) for row in _read(worlds[1], rate)]
    assert values == [round(1 / 2, 4), round(1 / 5, 4), round(2 / 9, 4)]


def test_a_ticket_opened_again_is_open_now(worlds: tuple[World, World]) -> None:
    before, after = worlds
    shown = "select is_open from fct_support_tickets"
    assert _read(before, shown) == [(False,)]
    assert _read(after, shown) == [(True,)]


def test_revenue_of_past_months_follows_corrections_and_merges(worlds: tuple[World, World]) -> None:
    before, after = worlds
    assert [(name, float(str(amount))) for name, amount in _read(before, MAY_REVENUE)] == [("a", 200), ("b", 400)]
    assert [(name, float(str(amount))) for name, amount in _read(after, MAY_REVENUE)] == [("a", 900)]


def test_every_restatement_is_listed_with_its_reason(worlds: tuple[World, World]) -> None:
    before, after = worlds
    listed = (
        "select mart, cast(affected_date as text), cast(known_date as text), reason, record_id, figure, "
        "old_value, new_value from mart_restatements order by all"
    )
    assert _read(before, listed) == []
    assert _read(after, listed) == [
        ("fct_contracts", "2026-04-01", "2026-06-12", "corrected", "ca", "mrr_amount", "200.00", "500.00"),
        ("fct_contracts", "2026-04-01", "2026-06-12", "corrected", "ca", "seat_count", "2", "5"),
        ("fct_contracts", "2026-04-01", "2026-06-13", "merged", "cb", "account_id", "b", "a"),
        (
            "fct_support_tickets",
            "2026-05-06",
            "2026-06-12",
            "reopened",
            "t",
            "resolved_at",
            "2026-05-06 09:00:00",
            None,
        ),
        ("fct_usage_daily", "2026-06-10", "2026-06-13", "late", None, "source_row_count", None, "+1"),
    ]


def test_the_past_is_replayed_as_it_was_stored(worlds: tuple[World, World]) -> None:
    done = worlds[1].run("replay", "2026-06-10")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All equal" in done.stdout
