"""The demo world moves on: what comes late, is corrected or deleted on the next day reaches the marts as it should."""

import csv
import gzip
import json
from datetime import date
from pathlib import Path

import duckdb

from tests.conftest import World

TOMORROW = date(2026, 7, 1)


def test_tomorrow_builds_the_next_day_with_what_came_late_was_corrected_or_deleted(
    tiny_world: World, tmp_path: Path
) -> None:
    world = tiny_world.copy(tmp_path / "home")
    scores = f"select * from fct_health_scores where score_date < date '{TOMORROW}' order by all"
    scores_before = _read(world, scores)
    done = world.run("tomorrow")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((world.published / "manifest.json").read_text())["as_of_date"] == TOMORROW.isoformat()

    files = world.home / "demo"
    events = files / "product" / "usage_events" / f"{TOMORROW}.parquet"
    late = f"select event_id from '{events}' where event_at < date '{TOMORROW}' and received_at >= date '{TOMORROW}'"
    kept = (
        "select count(*), min(_known_at)::date from raw.files_usage_events where event_id in "
        f"(select event_id from '{events}' where event_at < date '{TOMORROW}' and received_at >= date '{TOMORROW}')"
    )
    with duckdb.connect(world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        assert connection.execute(kept).fetchone() == (len(connection.execute(late).fetchall()), TOMORROW)

    corrected = list(csv.DictReader((files / "crm" / "contracts" / f"{TOMORROW}.csv").open(encoding="utf-8")))
    assert corrected
    for row in corrected:
        seats = f"select seat_count from fct_contracts where contract_id = '{row['contract_id']}'"
        assert _read(world, seats) == [(int(row["seat_count"]),)]

    with gzip.open(files / "desk" / "tickets" / f"{TOMORROW}.jsonl.gz", "rt", encoding="utf-8") as lines:
        tickets = [json.loads(line) for line in lines]
    deleted = [ticket["ticket_id"] for ticket in tickets if ticket["is_deleted"]]
    assert deleted
    for ticket_id in deleted:
        shown = f"select is_deleted from fct_support_tickets where ticket_id = '{ticket_id}'"
        assert _read(world, shown) == [(True,)]

    assert _read(world, scores) == scores_before
    assert _read(world, f"select count(*) > 0 from fct_health_scores where score_date = date '{TOMORROW}'") == [(True,)]


def _read(world: World, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as connection:
        return connection.execute(sql).fetchall()
