"""The code location: it loads with no secret set, and holds what operators look for."""

from pathlib import Path

import dagster as dg
import pytest

from dagster_project.assets.publish import PUBLISH_KEY
from dagster_project.assets.transform import WarehouseTranslator
from dagster_project.automation import REFRESH_JOB_NAME
from dagster_project.contract import input_contract
from dagster_project.definitions import build_definitions
from dagster_project.settings import EXPECTATIONS_DIR, load_settings
from tests.conftest import ROOT, World


@pytest.fixture(scope="module")
def definitions(tiny_world: World) -> dg.Definitions:
    return build_definitions(load_settings(tiny_world.environment))


def test_code_location_loads_with_no_secret_set(tmp_path: Path) -> None:
    """RavenStack's configuration names a variable; it is missed by a run, not by the graph."""
    settings = load_settings(
        {"BANSOU_CONFIG": str(ROOT / "examples" / "ravenstack" / "bansou.toml"), "BANSOU_HOME": str(tmp_path)}
    )
    built = build_definitions(settings)
    assert PUBLISH_KEY in built.resolve_asset_graph().get_all_asset_keys()


def test_definitions_hold_the_job_and_its_schedule(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def(REFRESH_JOB_NAME)
    assert job.partitions_def is not None
    assert job.partitions_def.get_first_partition_key() == "2026-05-22"
    assert job.partitions_def.get_last_partition_key() == "2026-06-30"
    schedule = definitions.resolve_schedule_def("refresh_every_morning")
    assert schedule.cron_schedule == "0 4 * * *"


def test_a_range_of_days_is_one_run(definitions: dg.Definitions) -> None:
    publish = definitions.resolve_assets_def(PUBLISH_KEY)
    assert publish.backfill_policy == dg.BackfillPolicy.single_run()


def test_every_asset_has_a_group_an_owner_kinds_and_a_description(definitions: dg.Definitions) -> None:
    specs = [spec for spec in definitions.resolve_all_asset_specs() if spec.key.path[0] != "ledger"]
    assert len(specs) > 60
    for spec in specs:
        assert spec.group_name == spec.key.path[0], spec.key
        assert list(spec.owners) == ["team:customer_success_data"], spec.key
        assert spec.kinds, spec.key
        assert spec.description, spec.key
        assert (spec.freshness_policy is not None) == (spec.key.path[0] in {"marts", "published"}), spec.key


def test_boundary_checks_block(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    boundary = [
        key
        for key in graph.asset_check_keys
        if key.name in {"batches_are_sound", "every_row_is_accounted_for", "meets_expectations"}
    ]
    checked = {key.asset_key.path[-1] for key in boundary if key.asset_key.path[0] == "raw"}
    assert checked == {"batches", *(f"files_{entity}" for entity in input_contract() if entity != "sessions")}
    assert {key.asset_key.path[-1] for key in boundary if key.asset_key.path[0] == "marts"} == {
        path.stem for path in (EXPECTATIONS_DIR / "marts").glob("*.json")
    }
    for key in boundary:
        assert graph.get_check_spec(key).blocking, key


def test_source_tests_stay_no_checks() -> None:
    """As checks they would switch off the blocking checks on the same raw tables, without a word."""
    assert WarehouseTranslator().settings.enable_source_tests_as_checks is False
