"""The page on adding a measure, followed word for word: it is scored from its day on, and no day before moves."""

import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.conftest import ROOT, World

PAGE = ROOT / "docs" / "how_to_add_a_measure.md"
STEP = re.compile(
    r"^`(?P<path>[^`\n]+)`, (?:(?P<where>after|before)\s`(?P<line>[^`\n]+)`|at the end):\n\n```\w+\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
LAST, NEXT = date(2026, 6, 30), date(2026, 7, 1)
MEASURE = "analysis_views_per_active_user_28d"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project in which every step of the page is taken."""
    copy = tmp_path / "project"
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    steps = list(STEP.finditer(PAGE.read_text(encoding="utf-8")))
    assert len(steps) == 7
    for step in steps:
        path = copy / step["path"]
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        places = [number for number, line in enumerate(lines) if line.strip() == step["line"]]
        if step["where"]:
            assert len(places) == 1, step["line"]
        place = places[0] + (step["where"] == "after") if step["where"] else len(lines)
        path.write_text("".join([*lines[:place], step["text"], *lines[place:]]), encoding="utf-8")
    return copy


def _rows(world: World, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_measure_and_score_count_from_their_day_when_the_page_is_followed(
    project: Path, tiny_world: World, tmp_path: Path
) -> None:
    world = tiny_world.copy(tmp_path / "home")
    before = {
        mart: f"select * from marts.{mart} where score_date <= date '2026-06-30' order by all"
        for mart in ("fct_health_scores", "fct_health_score_components")
    }
    stood = {mart: _rows(world, query) for mart, query in before.items()}
    done = subprocess.run(
        [sys.executable, "-m", "dagster_project", "tomorrow"],
        cwd=project,
        env=world.environment | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert _rows(
        world,
        "select score_date, score_id, count(value) > 0, min(weight), max(weight) "
        f"from marts.fct_health_score_components where measure_id = '{MEASURE}' group by all order by all",
    ) == [(NEXT, "analysis", True, 2, 2), (NEXT, "health", True, 0.5, 1), (NEXT, "usage", True, 0.5, 0.5)]
    assert {mart: _rows(world, query) for mart, query in before.items()} == stood
    versions = _rows(
        world,
        "select registry_version_id, min(score_date), max(score_date) from marts.fct_health_scores "
        "group by all order by 2",
    )
    assert [(first, last) for _, first, last in versions] == [
        (date(2026, 5, 22), LAST),
        (NEXT, NEXT),
    ]
    assert str(versions[1][0]).startswith("2026-07-01-")
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as shown:
        query = f"select name_english from dim_health_measures where measure_id = '{MEASURE}'"
        assert shown.execute(query).fetchall() == [("Analysis views per active user (28 days)",)]
