"""A person who asked to be forgotten is in nothing that we keep, and every figure stands."""

import json
from pathlib import Path

import duckdb
import pytest

from tests.conftest import World

# Figures in which a person's key has no part.
FIGURES = ("fct_health_scores", "fct_health_score_components", "fct_mrr_monthly", "fct_maturity_tiers", "dim_accounts")


def _busiest_matched_person(world: World) -> tuple[str, set[str]]:
    """A user of the product whom other sources know too, and every key of that person."""
    with duckdb.connect(world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        [(user,)] = connection.execute(
            "select events.user_id from raw.files_usage_events as events inner join intermediate.int_people_matched "
            "as people on events.user_id = people.user_id group by 1 order by count(*) desc, 1 limit 1"
        ).fetchall()
        keys = connection.execute(
            "select distinct person_id from intermediate.int_people_matched where user_id = ?", [user]
        ).fetchall()
    return user, {user, *(key for (key,) in keys)}


def _places_that_name(world: World, words: set[str]) -> list[str]:
    """Files of the data folder, the sources' own apart, and values of its Parquet files, that hold one of the words."""
    found = []
    for path in world.home.rglob("*"):
        if path.is_dir() or path.is_symlink() or path.relative_to(world.home).parts[0] in {"demo", "demo_truth"}:
            continue
        content = path.read_bytes()
        if any(word.encode() in content for word in words):
            found.append(str(path.relative_to(world.home)))
        elif path.suffix == ".parquet":
            text = str(duckdb.read_parquet(str(path)).fetchall())
            found += [str(path.relative_to(world.home)) for word in words if word in text][:1]
    return found


def test_forgotten_person_is_nowhere_and_no_figure_changes(tiny_world: World, tmp_path: Path) -> None:
    world = tiny_world.copy(tmp_path / "home")
    user, keys = _busiest_matched_person(world)
    assert len(keys) > 1
    with duckdb.connect(world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        [(email, name)] = connection.execute(
            "select distinct email, user_name from raw.files_users where user_id = ? limit 1", [user]
        ).fetchall()
    words = keys | {email}
    assert len(_places_that_name(world, words)) > 3
    before = {mart: world.table_contents(mart) for mart in FIGURES}
    uses = world.table_contents("fct_usage_daily")

    done = world.run("forget", "product", user)

    assert done.returncode == 0, done.stdout + done.stderr
    assert _places_that_name(world, words) == []
    assert name not in "".join(str(row) for row in world.table_contents("dim_users"))
    assert {mart: world.table_contents(mart) for mart in FIGURES} == before
    assert len(world.table_contents("fct_usage_daily")) == len(uses)
    assert len(list((world.published / "sets").iterdir())) == 1
    log = [json.loads(path.read_text()) for path in (world.home / "facts" / "forgotten_people").glob("*.json")]
    assert {row["pseudonym"][:10] for rows in log for row in rows} == {"forgotten-"}

    # The same files come again under other names: the person does not come back.
    exports = world.home / "demo" / "product" / "users"
    [file] = exports.iterdir()
    (exports / "again.csv").write_text(file.read_text() + "\n")
    assert world.run("run").returncode == 0
    assert _places_that_name(world, words) == []

    again = world.run("forget", "product", "nobody")
    assert again.returncode == 2
    assert "product has nobody with the key nobody" in again.stderr


def test_person_is_forgotten_by_a_source_that_the_configuration_has(tiny_world: World) -> None:
    done = tiny_world.run("forget", "products", "U1")
    assert done.returncode == 2
    assert "products is no source of" in done.stderr


@pytest.mark.parametrize("mart", ["dim_users", "fct_usage_daily", "fct_support_tickets", "mart_identity_matches"])
def test_marts_show_persons_by_hashed_keys_alone(tiny_world: World, mart: str) -> None:
    with duckdb.connect(tiny_world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        users = {
            key
            for (key,) in connection.execute(
                "select user_id from raw.files_users union select person_id from raw.files_people"
            ).fetchall()
        }
    shown = {str(value) for row in tiny_world.table_contents(mart) for value in row}
    assert not shown & users
