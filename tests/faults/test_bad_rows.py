"""What must never happen: a bad row reaches readers."""

import csv
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.configuration import SEEDS_DIR
from tests.conftest import WORKPLACE, World


def _published_digest(world: World) -> str:
    digest = hashlib.sha256()
    for path in sorted(world.published.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(world.published)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _rows(world: World, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


NEWEST_VALUES = """
    select measure_id, count(value), count(*) filter (where missing_reason = 'stale'), count(*)
    from fct_health_score_components
    where score_date = (select max(score_date) from fct_health_scores)
        and missing_reason is distinct from 'not_applicable'
    group by all
"""


def _newest_values(world: World) -> dict[str, tuple[int, int, int]]:
    """Of each measure, where it applies on the newest day: how many have a value, are stale, and are there."""
    return {measure: (valued, stale, count) for measure, valued, stale, count in _rows(world, NEWEST_VALUES)}


def _measures_reading(entities: set[str]) -> set[str]:
    """Measures that need a column of one of these entities."""
    with (SEEDS_DIR / "health_measures.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["measure_id"]
            for row in csv.DictReader(file)
            if entities & {column.split(".")[0] for column in row["required_inputs"].split()}
        }


def test_bad_batches_are_held_and_readers_are_told(tiny_world: World, tmp_path: Path) -> None:
    """A row that breaks the contract, a file that cannot be read and one cut short: none gets in, and nothing stops.

    That dbt has tests on the same raw tables once switched the guard on them off.
    """
    world = tiny_world.copy(tmp_path / "home")
    manifest = json.loads((world.home / "build" / "dbt" / "manifest.json").read_text())
    assert "test.bansou.source_unique_combination_raw_files_accounts" in "\n".join(manifest["nodes"])
    crm, desk = world.home / "demo" / "crm", world.home / "demo" / "desk"
    (crm / "accounts" / "more.csv").write_text(
        "account_id,account_name,signed_up_date,updated_at\nA9999,Tomorrowland,2099-01-01,2026-06-30T10:00:00Z\n"
    )
    (crm / "contacts" / "more.csv").write_text("")
    [tickets] = (desk / "tickets").iterdir()
    whole = gzip.decompress(tickets.read_bytes()).splitlines(keepends=True)
    tickets.write_bytes(gzip.compress(b"".join(whole[: len(whole) // 3])))
    accounts = _rows(world, "select count(*) from fct_support_tickets union all select count(*) from dim_accounts")
    before = _newest_values(world)

    done = world.run("run")

    assert done.returncode == 0, done.stdout + done.stderr
    held = json.loads((world.published / "manifest.json").read_text())["held_tables"]
    messages = {f"{row['source_name']}.{row['entity']}": row["message"] for row in held}
    assert list(messages) == ["crm.accounts", "crm.contacts", "desk.tickets"]
    assert "accounts_signed_up_in_the_future is 1: expected 0" in messages["crm.accounts"]
    assert "more.csv is empty (0 bytes)" in messages["crm.contacts"]
    assert f"has {len(whole) // 3} rows, sharply fewer than the {len(whole)}" in messages["desk.tickets"]
    assert "Held or late · 保留・遅延: 3" in done.stdout
    assert all(message[:60] in " ".join(done.stdout.split()) for message in messages.values())
    now = _rows(world, "select count(*) from fct_support_tickets union all select count(*) from dim_accounts")
    assert now == accounts
    open_checks = _rows(
        world, "select table_name, check_name, tainted_account_count from mart_data_quality where is_open"
    )
    after, reading = _newest_values(world), _measures_reading({"accounts", "contacts", "tickets"})
    assert after.keys() == before.keys() > reading > {"csat_rate_90d", "stakeholder_roles_covered"}
    assert all(valued == 0 and stale > 0 for valued, stale, _ in (after[measure] for measure in reading))
    assert {measure: after[measure] for measure in after.keys() - reading} == {
        measure: before[measure] for measure in before.keys() - reading
    }
    accounts_scored = _rows(world, "select count(distinct account_id) from mart_tainted_scores")[0][0]
    assert sorted(open_checks) == [
        ("crm.accounts", "accounts_signed_up_in_the_future", 0),
        ("crm.accounts", "batch_is_taken", 0),
        ("crm.contacts", "batch_is_taken", accounts_scored),
        ("desk.tickets", "batch_is_taken", accounts_scored),
    ]
    assert accounts_scored == after["csat_rate_90d"][2]

    (crm / "accounts" / "more.csv").unlink()
    (crm / "contacts" / "more.csv").unlink()
    assert world.run("run", "--confirm", "desk.tickets").returncode == 0
    assert json.loads((world.published / "manifest.json").read_text())["held_tables"] == []
    assert _rows(world, "select * from mart_data_quality where is_open") == []
    assert _newest_values(world)["csat_rate_90d"][0] > 0


def test_table_that_the_configuration_does_not_have_cannot_be_confirmed(tiny_world: World) -> None:
    done = tiny_world.run("run", "--confirm", "desk.ticket")
    assert done.returncode == 2
    assert "CONFIRM names desk.ticket, which the configuration does not have" in done.stderr


def test_failed_dbt_test_stops_publish(tiny_world: World, tmp_path: Path) -> None:
    world = tiny_world.copy(tmp_path / "home")
    digest = _published_digest(world)
    with duckdb.connect(world.home / "build" / "warehouse.duckdb") as connection:
        connection.execute(
            "insert into raw.files_usage_events select * from raw.files_usage_events "
            "where event_at >= timestamp '2026-06-30' limit 1"
        )
    done = world.run()
    assert done.returncode == 1
    assert "assert_no_record_is_held_twice_for_one_moment" in done.stdout
    assert _published_digest(world) == digest
    candidate = world.home / "build" / "failed_candidate"
    assert f"what was built: {WORKPLACE / 'build' / 'failed_candidate'}" in done.stdout.replace("\n", " ")
    assert "assert_no_record_is_held_twice_for_one_moment" in (candidate / "failing_rows.csv").read_text()
    with duckdb.connect(candidate / "marts.duckdb", read_only=True) as connection:
        assert connection.execute("select count(*) from dim_accounts").fetchone() is not None


def test_rejected_rows_are_kept_with_reason_and_do_not_stop_the_run(tiny_world: World) -> None:
    with duckdb.connect(tiny_world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        kept = connection.execute(
            "select entity, reason, column_name, count(*) from raw.rejected_rows group by all order by all"
        ).fetchall()
        told = connection.execute("select sum(rows_rejected) from raw.batches").fetchone()
        balanced = connection.execute(
            "select bool_and(rows_read = rows_loaded + rows_unchanged + rows_superseded + rows_filtered "
            "+ rows_rejected) from raw.batches"
        ).fetchone()
    assert kept == [("contracts", "wrong_type", "start_date", 1), ("users", "missing_value", "account_id", 2)]
    assert told == (3,)
    assert balanced == (True,)
