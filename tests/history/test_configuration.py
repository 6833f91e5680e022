"""Versions of the seeds: kept as they come, and refused where they would change days already scored."""

import json
from datetime import date
from pathlib import Path

import pytest

from dagster_project.configuration import free_seeds, read_seeds, refuse_past_changes
from dagster_project.replay import FROZEN_MARTS
from dagster_project.settings import SettingsError
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import ConfigurationVersion
from tests.conftest import World

SCORED = date(2026, 6, 30)
DATED = "measure_id,valid_from_date,weight,name_english\na,2020-01-01,1.5,Old name\n"
UNDATED = "band_id,maximum_score,name_english\nat_risk,1.0,At risk\n"


def test_a_row_of_a_later_day_is_taken() -> None:
    refuse_past_changes({"weights": DATED}, {"weights": DATED + "a,2026-07-01,2,Old name\n"}, SCORED)


def test_words_for_readers_may_change_at_any_time() -> None:
    refuse_past_changes({"weights": DATED}, {"weights": DATED.replace("Old", "New")}, SCORED)
    refuse_past_changes({"bands": UNDATED}, {"bands": UNDATED.replace("At risk", "In danger")}, SCORED)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (DATED, DATED.replace("1.5", "2.5"), ["removed: measure_id a", "new: measure_id a", "weight 2.5"]),
        (DATED, DATED + "b,2026-06-30,1,B\n", ["new: measure_id b"]),
        (DATED, DATED.partition("a,")[0], ["removed: measure_id a"]),
        (UNDATED, UNDATED.replace("1.0", "1.2"), ["removed: band_id at_risk", "maximum_score 1.2"]),
    ],
    ids=["changed", "added", "removed", "seed_without_dates"],
)
def test_a_change_of_past_days_is_refused_with_its_rows_and_what_to_do(
    before: str, after: str, told: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        refuse_past_changes({"told": before}, {"told": after}, SCORED)
    message = str(caught.value)
    for words in ["2026-06-30", "seeds/told.csv", "make run RESCORE=1", *told]:
        assert words in message


def test_the_version_that_counts_on_a_day_is_the_last_one_kept_up_to_it(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    warehouse.prepare([])
    first = ConfigurationVersion("bands", date(2026, 1, 1), "one")
    second = ConfigurationVersion("bands", date(2026, 7, 1), "it's two")
    other = ConfigurationVersion("weights", date(2026, 1, 1), "w")
    rescored = ConfigurationVersion("bands", date(2026, 1, 1), "three")

    def keep(number: int, version: ConfigurationVersion) -> None:
        warehouse.keep_fact("configuration_versions", f"f{number}", [vars(version) | {"version_number": number}])

    for number, version in enumerate([first, other, second]):
        keep(number, version)
    assert warehouse.configuration_on(date(2026, 6, 30)) == [first, other]
    assert warehouse.configuration_on(date(2026, 7, 1)) == [second, other]
    keep(3, rescored)
    assert warehouse.configuration_on(date(2026, 6, 30)) == [rescored, other]


def test_a_seed_that_was_not_there_before_is_not_refused() -> None:
    refuse_past_changes({}, {"new": UNDATED}, SCORED)


def test_seeds_free_to_change_are_those_that_nothing_frozen_reads(tiny_world: World) -> None:
    """A seed is marked by hand; a mark on one that a score rests on would let past scores change in silence."""
    manifest = json.loads((tiny_world.home / "build" / "dbt" / "manifest.json").read_text())
    above: set[str] = set()
    waiting = [f"model.bansou.{name}" for name in (*FROZEN_MARTS, "int_signals_found", "int_support_phases_found")]
    while waiting:
        for parent in manifest["parent_map"][waiting.pop()]:
            if parent not in above:
                above.add(parent)
                waiting.append(parent)
    read = {name.rpartition(".")[2] for name in above if name.startswith("seed.")}
    assert free_seeds() == set(read_seeds()) - read
