"""What must never happen: a bad row reaches readers."""

import hashlib
import json
from pathlib import Path

import duckdb

from tests.conftest import World


def _published_digest(world: World) -> str:
    digest = hashlib.sha256()
    for path in sorted(world.published.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(world.published)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _built_at(world: World) -> list[tuple[object, ...]]:
    with duckdb.connect(world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        return connection.execute("select * from raw.builds order by all").fetchall()


def test_bad_raw_row_stops_dbt_and_publish_although_the_table_has_a_dbt_source_test(
    tiny_world: World, tmp_path: Path
) -> None:
    """dbt source tests turned into checks once switched off the blocking check on the same table."""
    world = tiny_world.copy(tmp_path / "home")
    manifest = json.loads((world.home / "build" / "dbt" / "manifest.json").read_text())
    assert "test.bansou.source_unique_combination_raw_files_accounts" in "\n".join(manifest["nodes"])
    digest, builds = _published_digest(world), _built_at(world)
    console = world.home / "build" / "dbt" / "console.log"
    console.unlink()
    (world.home / "demo" / "crm" / "accounts" / "more.csv").write_text(
        "account_id,account_name,signed_up_date,updated_at\nA9999,Tomorrowland,2099-01-01,2026-06-30T10:00:00Z\n"
    )

    done = world.run("run")

    assert done.returncode == 1
    assert "raw/files_accounts: meets_expectations" in done.stdout
    assert "accounts_signed_up_in_the_future is 1" in done.stderr
    assert "stays published" in done.stdout
    assert not console.exists(), "dbt ran"
    assert _built_at(world) == builds
    assert _published_digest(world) == digest


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


def test_run_ends_with_a_clear_error_when_a_file_is_broken(tiny_world: World, tmp_path: Path) -> None:
    world = tiny_world.copy(tmp_path / "home")
    digest = _published_digest(world)
    (world.home / "demo" / "crm" / "accounts" / "more.csv").write_text("")
    done = world.run("run")
    assert done.returncode == 1
    assert "sources.crm.tables.accounts" in done.stdout
    assert "more.csv is empty (0 bytes)" in done.stdout
    assert _published_digest(world) == digest
