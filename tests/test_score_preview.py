"""What another registry would do is told beside what is in force, on a copy; nothing is changed."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.configuration import read_seeds
from dagster_project.score_preview import preview_scores, seed_as_of
from dagster_project.settings import SettingsError, load_settings
from tests.conftest import World

DAY = date(2026, 6, 30)
HEAD = "measure_id,valid_from_date,weight\n"


@pytest.mark.parametrize(
    ("told", "then"),
    [
        ("m,2026-01-01,1\n", "m,2026-01-01,1\n"),
        ("m,2026-01-01,1\nm,2026-08-01,2\n", "m,2026-01-01,1\nm,2026-06-30,2\n"),
        ("m,2026-06-30,1\nm,2026-08-01,2\nm,2026-09-01,3\n", "m,2026-06-30,3\n"),
        ("m,2026-01-01,1\nn,2026-08-01,2\n", "m,2026-01-01,1\nn,2026-06-30,2\n"),
        ("m,2026-08-01,1\nm,2026-08-01,2\n", "m,2026-06-30,1\nm,2026-06-30,2\n"),
    ],
    ids=["of_the_past", "later", "several", "of_another_key", "a_version_of_two_rows"],
)
def test_rows_of_a_later_day_are_taken_to_hold_already(told: str, then: str) -> None:
    assert seed_as_of(HEAD + told, ["measure_id"], DAY) == HEAD + then


def test_a_seed_without_key_changes_as_a_whole() -> None:
    told = HEAD + "a,2026-01-01,1\nb,2026-01-01,2\na,2026-08-01,3\n"
    assert seed_as_of(told, [], DAY) == HEAD + "a,2026-01-01,1\nb,2026-01-01,2\na,2026-06-30,3\n"


def test_accounts_that_would_change_band_are_told_with_the_measures_that_move_them(
    tiny_world: World, tmp_path: Path
) -> None:
    """A candidate that weighs one measure alone: each usage score is its points, as worked out from the build."""
    world = tiny_world.copy(tmp_path / "home")
    settings = load_settings(world.environment)
    build = settings.build_path.stat().st_mtime_ns
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    rows = read_seeds()["health_weights"].splitlines()
    alone = [
        f"{row.rsplit(',', 2)[0]},2026-12-01,{1 if row.startswith('usage,active_days_28d,') else 0}"
        for row in rows
        if row.startswith("usage,")
    ]
    (seeds / "health_weights.csv").write_text("\n".join([*rows, *alone]) + "\n", encoding="utf-8")

    found = preview_scores(settings, seeds)

    assert settings.build_path.stat().st_mtime_ns == build
    with duckdb.connect(settings.build_path, read_only=True) as connection:
        expected = connection.execute(
            """
            select s.account_id, s.raw_band,
                case when c.points is null then 'unknown' when c.points <= 1 then 'at_risk'
                    when c.points <= 1.5 then 'below_line' when c.points <= 2.75 then 'adopting'
                    else 'thriving' end as candidate_band
            from marts.fct_health_scores as s
            inner join marts.fct_health_score_components as c using (account_id, score_date, score_id)
            where s.score_date = $day and s.score_id = 'usage' and c.measure_id = 'active_days_28d'
                and s.raw_band <> candidate_band
            order by all
            """,
            {"day": DAY},
        ).fetchall()
    assert expected, "no account would change band"
    changes = [(change.account_id, change.old_band, change.new_band) for change in found.band_changes]
    assert sorted(changes) == expected
    assert all(change.score_id == "usage" and change.reasons for change in found.band_changes)
    health = {
        row["band_id"]: (row["count_now"], row["count_then"]) for row in found.counts if row["score_id"] == "health"
    }
    assert all(now == then for now, then in health.values())


def test_a_candidate_with_a_fault_is_refused(tiny_world: World, tmp_path: Path) -> None:
    (tmp_path / "health_bands.csv").write_text("band_id,valid_from_date,band_rank,maximum_score\nlow,2026-01-01,1,4\n")
    with pytest.raises(SettingsError, match=r"health_bands\.csv, row 2, band_rank"):
        preview_scores(load_settings(tiny_world.environment), tmp_path)
