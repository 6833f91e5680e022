"""dbt's own unit tests, run on the tables of the tiny world."""

import json
from datetime import date
from pathlib import Path

from tests.conftest import World


def test_models_pass_their_unit_tests(tiny_world: World, tmp_path: Path) -> None:
    world = tiny_world.copy(tmp_path / "home")
    world.dbt("test", "--select", "test_type:unit", first=date(2026, 6, 1), last=date(2026, 6, 30))
    results = json.loads((world.home / "build" / "dbt" / "run_results.json").read_text())["results"]
    assert len(results) > 30
    assert {result["status"] for result in results} == {"pass"}
