"""Past days scored again from what was known then; a change on a copy beside what is published."""

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.conftest import World


@pytest.fixture(scope="module")
def two_days(tiny_world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The tiny world a day later, so that rows of July are there that no day of June may know."""
    world = tiny_world.copy(tmp_path_factory.mktemp("replay") / "home")
    done = world.run("tomorrow")
    assert done.returncode == 0, done.stdout + done.stderr
    return world


def test_replay_gives_what_is_stored(two_days: World) -> None:
    done = two_days.run("replay", "2026-06-30")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All equal to what is stored" in done.stdout
    assert " 0 rows of fct_health_scores" not in done.stdout


def test_replay_names_each_row_that_is_stored_otherwise(two_days: World, tmp_path: Path) -> None:
    world = two_days.copy(tmp_path / "home")
    with duckdb.connect(world.home / "build" / "warehouse.duckdb") as connection:
        connection.execute(
            "update marts.fct_health_scores set score = score + 1 where score_date = date '2026-06-20' and "
            "account_id = (select min(account_id) from marts.fct_health_scores where score_date = date '2026-06-20' "
            "and score is not null) and score_id = 'health'"
        )
    done = world.run("replay", "2026-06-20")
    assert done.returncode == 1
    assert "1 rows differ" in done.stdout
    assert "fct_health_scores A0" in done.stdout


def test_replay_refuses_a_day_that_is_not_built(two_days: World) -> None:
    done = two_days.run("replay", "2026-12-24")
    assert done.returncode == 2
    assert "2026-12-24 is not built" in done.stderr


def test_a_model_built_on_a_copy_leaves_build_and_published_set_alone(two_days: World) -> None:
    build = two_days.home / "build" / "warehouse.duckdb"
    before = build.stat().st_mtime_ns, (two_days.published / "manifest.json").read_bytes()
    done = two_days.run("dev", "fct_health_scores")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{date(2026, 7, 1)}" in done.stdout
    done = two_days.run("diff")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"(\d+) of \1 marts are equal", done.stdout), done.stdout
    assert (build.stat().st_mtime_ns, (two_days.published / "manifest.json").read_bytes()) == before


def test_seeds_that_differ_for_past_days_are_refused_until_all_days_are_scored_again(
    two_days: World, tmp_path: Path
) -> None:
    """The version kept is made to differ from the seed as it stands; so the seed speaks of past days."""
    world = two_days.copy(tmp_path / "home")
    build = world.home / "build" / "warehouse.duckdb"
    with duckdb.connect(build) as connection:
        connection.execute(
            "update raw.configuration_versions set content = replace(content, "
            "'usage,licence_activation_rate,*,*,2020-01-01,1.5', 'usage,licence_activation_rate,*,*,2020-01-01,9') "
            "where seed_name = 'health_weights'"
        )
    manifest = (world.published / "manifest.json").read_bytes()
    refused = world.run()
    assert refused.returncode == 2
    assert "seeds/health_weights.csv" in refused.stderr
    assert "make run RESCORE=1" in refused.stderr
    assert (world.published / "manifest.json").read_bytes() == manifest
    done = world.run("run", "--rescore")
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(build, read_only=True) as connection:
        covered = connection.execute("select from_date, to_date from raw.builds order by build_number desc limit 1")
        assert covered.fetchone() == (date(2026, 5, 22), date(2026, 7, 1))
        kept = connection.execute(
            "select counts_from_date from raw.configuration_versions where seed_name = 'health_weights' "
            "order by version_number"
        ).fetchall()
    assert kept == [(date(2026, 5, 22),), (date(2026, 5, 22),)]
    again = world.run("replay", "2026-06-20")
    assert again.returncode == 0, again.stdout + again.stderr
