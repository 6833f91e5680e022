"""Every measure says something, and nothing that another one says, on a demo company large enough to tell."""

from pathlib import Path
from typing import Literal

import duckdb
import pandas as pd
import pytest

from dagster_project.configuration import read_seeds
from tests.conftest import ROOT, first_run

CONFIG = """
[calendar]
history_start_date = 2026-01-15

[demo]
account_count = 80
day_count = 240
until = 2026-06-30
seed = 7

"""
SAME = 0.98
ENOUGH_DAYS = 200


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """One row per account and week's end, one column per measure."""
    folder = tmp_path_factory.mktemp("measures")
    sources = (ROOT / "examples" / "files" / "bansou.toml").read_text(encoding="utf-8").partition("[sources.crm]")
    config = Path(folder) / "bansou.toml"
    config.write_text(CONFIG + "".join(sources[1:]), encoding="utf-8")
    world, _ = first_run(config, folder)
    with duckdb.connect(world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        long = connection.execute(
            "select account_id, date_day, measure_id, value::double as value "
            "from intermediate.int_measure_points_read where isodow(date_day) = 7"
        ).df()
    return long.pivot(index=["account_id", "date_day"], columns="measure_id", values="value")


def test_every_measure_of_the_registry_is_calculated(values: pd.DataFrame) -> None:
    registry = {row.split(",")[0] for row in read_seeds()["health_measures"].splitlines()[1:]}
    assert set(values.columns) == registry
    assert len(registry) >= 40


def test_no_measure_is_constant(values: pd.DataFrame) -> None:
    assert [name for name in values if values[name].nunique() < 2] == []


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_no_two_measures_say_the_same(values: pd.DataFrame, method: Literal["pearson", "spearman"]) -> None:
    assert _same(values, method) == []


def test_a_measure_that_says_the_same_is_noticed(values: pd.DataFrame) -> None:
    doubled = values.assign(twice_the_active_days=values["active_days_28d"] * 2)
    assert _same(doubled, "pearson") == [("active_days_28d", "twice_the_active_days")]


def _same(values: pd.DataFrame, method: Literal["pearson", "spearman"]) -> list[tuple[str, str]]:
    """Pairs of columns that go together on the days on which both have a value."""
    correlations = values.corr(method=method, min_periods=ENOUGH_DAYS).abs().to_numpy()
    names = list(values.columns)
    return [
        (names[one], names[other])
        for one in range(len(names))
        for other in range(one + 1, len(names))
        if correlations[one, other] > SAME
    ]
