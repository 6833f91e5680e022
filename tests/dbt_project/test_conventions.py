"""The habits of the dbt project, checked on its manifest and its SQL."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from dagster_project.assets.transform import TIMELESS_VIEWS, dbt_environment
from dagster_project.checks.expectations import read_suites
from dagster_project.contract import input_contract
from dagster_project.settings import DBT_PROJECT_DIR, exported, load_settings
from tests.conftest import World

NAMES = {
    "staging": r"stg_[a-z]+__[a-z_]+",
    "input": r"input_[a-z_]+",
    "intermediate": r"int_[a-z_]+_(versions|segments|[a-z]+ed|current|facts|read|found|held|days_listed)",
    "marts": r"(dim|fct|kpi|mart)_[a-z_]+",
}
BANNED = {
    "qualify": r"\bqualify\b",
    "ignore nulls": r"\bignore\s+nulls\b",
    "count distinct over": r"count\(\s*distinct[^)]*\)\s*over",
    "asof join": r"\basof\b",
    "unpivot": r"\bunpivot\b",
    "select exclude": r"\*\s*exclude\b",
    "group by all": r"\b(group|order)\s+by\s+all\b",
    "a cast by ::": r"::",
    "the clock": r"\b(current_date|current_timestamp|getdate|now\s*\()",
    "an engine's name": r"\b(target\.type|duckdb|postgres|spark)\b",
    "the day it was loaded": r"\b_?loaded_at\b",
    "one engine's function": r"\b(strftime|list_agg|regexp_matches|ilike|read_parquet|arg_max|unnest|epoch_ms)\b",
}
LONGEST_MODEL_LINES = 120
SUFFIXES = {"_at": "timestamp", "_date": "date", "_amount": "numeric(18,2)"}


@pytest.fixture(scope="module")
def manifest(tiny_world: World) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((tiny_world.home / "build" / "dbt" / "manifest.json").read_text())
    return content


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def _sql_files() -> list[Path]:
    return sorted((DBT_PROJECT_DIR / "models").rglob("*.sql")) + sorted((DBT_PROJECT_DIR / "tests").rglob("*.sql"))


def _code(path: Path) -> str:
    return re.sub(r"--.*", "", path.read_text(encoding="utf-8")).lower()


def test_no_macro_reads_the_day_it_was_loaded() -> None:
    """What a day may know is decided by `known_at` alone."""
    for path in sorted((DBT_PROJECT_DIR / "macros").rglob("*.sql")):
        assert not re.search(BANNED["the day it was loaded"], _code(path)), path


def test_every_model_begins_with_its_grain(models: list[dict[str, Any]]) -> None:
    assert len(models) > 50
    for node in models:
        assert node["description"].startswith("One row per "), node["name"]


def _inherited_columns(node: dict[str, Any]) -> set[str]:
    """Columns that a model passes on from its input entity, where they are described once."""
    name = node["name"]
    staged = re.fullmatch(r"stg_(?!ledger)[a-z]+__(.+)", name)
    by_model = {name: staged[1]} if staged else {}
    by_model |= {f"int_{entity}_identified": entity for entity in input_contract()}
    if node["resource_type"] == "model" and name.endswith("_versions") and "versions_of('" in node["raw_code"]:
        by_model[name] = node["raw_code"].split("versions_of('")[1].split("'")[0]
    if name not in by_model:
        return set()
    entity = input_contract()[by_model[name]]
    provenance = {"source_name", "load_number", "is_reconstructed", "known_at"}
    provenance |= {"is_removed"} if entity.kind == "versions" and name.startswith("stg_") else set()
    dated = {"known_date"} if entity.kind == "versions" else {"event_key", "event_date", "known_date"}
    if name.startswith("stg_"):
        dated -= {"known_date", "event_date"}
    resolved = {
        f"source_{kind}_id"
        for kind in ("account", "user")
        if name.endswith("_versions") and f"'{kind}'" in node["raw_code"]
    }
    return {*entity.column_names, *provenance, *dated, *resolved}


def test_every_column_is_described(manifest: dict[str, Any]) -> None:
    for node in manifest["nodes"].values():
        if node["resource_type"] not in {"model", "seed"}:
            continue
        assert node["columns"] or _inherited_columns(node), node["name"]
        for column in node["columns"].values():
            assert column["description"].strip(), f"{node['name']}.{column['name']}"


def test_described_columns_are_those_that_exist(tiny_world: World, manifest: dict[str, Any]) -> None:
    import duckdb  # noqa: PLC0415

    with duckdb.connect(tiny_world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        found: dict[tuple[str, str], set[str]] = {}
        for schema, table, column in connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns()"
        ).fetchall():
            found.setdefault((schema, table), set()).add(column)
    for node in manifest["nodes"].values():
        if node["resource_type"] in {"model", "seed"}:
            described = set(node["columns"]) | _inherited_columns(node)
            if node["config"]["materialized"] != "ephemeral":
                assert described == found[(node["schema"], node["name"])], node["name"]


def test_names_tell_the_layer(models: list[dict[str, Any]]) -> None:
    for node in models:
        layer = node["fqn"][1]
        assert re.fullmatch(NAMES[layer], node["name"]), f"{layer}: {node['name']}"
        assert node["schema"] == layer


def test_columns_have_the_type_of_their_name(models: list[dict[str, Any]]) -> None:
    for node in models:
        for column in node["columns"].values():
            for suffix, kind in SUFFIXES.items():
                if column["data_type"] and column["name"].endswith(suffix):
                    assert column["data_type"] == kind, f"{node['name']}.{column['name']}"
            if column["data_type"] and column["name"].startswith(("is_", "has_")):
                assert column["data_type"] == "boolean", f"{node['name']}.{column['name']}"


def test_every_model_with_rows_of_its_own_has_its_key_tested(manifest: dict[str, Any]) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") in {"unique", "unique_combination"}
    }
    # One test covers every input model.
    covered = manifest["nodes"]["test.bansou.assert_no_record_is_held_twice_for_one_moment"]["depends_on"]["nodes"]
    tested |= set(covered)
    assert covered
    # Facts between two models, whose key is tested where they end.
    free = {
        "int_usage_recent_facts",
        "int_record_oddities_found",
        "int_score_components_weighted",
        "int_measures_united",
        "int_people_states_found",
        "int_retention_rows_listed",
        "int_renewal_rows_listed",
        "int_growth_rows_listed",
        "int_referral_rows_listed",
        # Views of an input model, which tests the key.
        "int_usage_events_identified",
        "int_engagements_identified",
        "int_sessions_derived",
    }
    free |= {node["name"] for node in manifest["nodes"].values() if _is_view_of_versions(node)}
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] == "seed" or (
            node["resource_type"] == "model" and node["fqn"][1] != "staging" and node["name"] not in free
        ):
            assert unique_id in tested, node["name"]


def _is_view_of_versions(node: dict[str, Any]) -> bool:
    return bool(node["name"].endswith("_versions") and node["config"].get("materialized") == "view")


def test_public_marts_have_enforced_contracts(models: list[dict[str, Any]]) -> None:
    marts = [node for node in models if node["fqn"][1] == "marts"]
    for node in marts:
        assert node["config"]["contract"]["enforced"], node["name"]
        assert node["config"]["access"] == "public", node["name"]
        assert all(column["data_type"] for column in node["columns"].values()), node["name"]
    assert all(node["config"]["contract"]["enforced"] for node in models if node["fqn"][1] == "input")


def test_marts_that_show_some_days_are_written_by_ranges(models: list[dict[str, Any]]) -> None:
    """Months of their history stand until a build writes them; a table made anew would change them all."""
    shown = [node for node in models if "published_days" in node["config"]["meta"]]
    assert [node["name"] for node in shown] == ["fct_health_score_components"]
    for node in shown:
        assert node["config"]["materialized"] == "incremental", node["name"]
        assert node["config"]["meta"]["range_column"] in node["columns"], node["name"]


def test_layers_are_walked_in_one_direction(models: list[dict[str, Any]]) -> None:
    allowed = {
        "staging": set(),
        "input": {"staging"},
        "intermediate": {"staging", "input", "intermediate", "seed"},
        "marts": {"input", "intermediate", "marts", "seed"},
    }
    for node in models:
        for parent in node["depends_on"]["nodes"]:
            kind, _, name = parent.split(".")[:3]
            layer = "source" if kind == "source" else "seed" if kind == "seed" else _layer_of(models, name)
            if layer == "source":
                assert node["fqn"][1] == "staging", f"{node['name']} reads {parent}"
            elif not name.startswith("stg_ledger__"):  # what the loader notes is ours, and has no input layer
                assert layer in allowed[node["fqn"][1]], f"{node['name']} reads {parent}"


def _layer_of(models: list[dict[str, Any]], name: str) -> str:
    return str(next(node["fqn"][1] for node in models if node["name"] == name))


@pytest.mark.parametrize("banned", sorted(BANNED))
def test_models_are_free_of(banned: str) -> None:
    found = [
        f"{path.relative_to(DBT_PROJECT_DIR)}:{number}"
        for path in _sql_files()
        for number, line in enumerate(_code(path).splitlines(), start=1)
        if re.search(BANNED[banned], line)
    ]
    assert not found


def test_models_are_short() -> None:
    assert not [path.name for path in _sql_files() if len(path.read_text().splitlines()) > LONGEST_MODEL_LINES]


def test_every_dbt_test_is_a_check_of_the_graph(manifest: dict[str, Any]) -> None:
    """A singular test over two models becomes a check only where its meta names the one it is about."""
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and not node.get("attached_node") and not node.get("test_metadata"):
            models_read = [parent for parent in node["depends_on"]["nodes"] if not parent.startswith("source")]
            if len(models_read) > 1:
                meta = node["config"]["meta"]
                assert meta.get("dagster", {}).get("ref", {}).get("name"), node["name"]


def test_every_raw_table_and_fact_has_a_suite(models: list[dict[str, Any]]) -> None:
    raw = {suite.table for suite in read_suites("raw")}
    assert raw == {f"raw.{entity}" for entity in input_contract()}
    facts = {f"marts.{node['name']}" for node in models if node["name"].startswith("fct_")}
    assert facts <= {suite.table for suite in read_suites("marts")}


def test_views_that_stand_from_run_to_run_hold_no_day(models: list[dict[str, Any]]) -> None:
    """A view keeps the days that it was made with: one that is not made again would show those of an earlier run."""
    standing = [
        node
        for node in models
        if node["config"]["materialized"] == "view"
        and any(node["original_file_path"].startswith(f"models/{folder}/") for folder in TIMELESS_VIEWS)
    ]
    assert len(standing) > 80
    for node in standing:
        assert not re.search(r"\b(from_date|to_date|as_of_date|in_run)\(", node["raw_code"]), node["name"]


def test_project_parses_without_a_deprecation(
    tiny_world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """dbt looks for most deprecations on a few cloud adapters only; here it is made to look on ours."""
    from dbt.jsonschemas import jsonschemas  # noqa: PLC0415

    monkeypatch.setattr(jsonschemas, "_JSONSCHEMA_SUPPORTED_ADAPTERS", {"duckdb"})
    settings = load_settings(tiny_world.environment)
    events: list[str] = []
    environment = dbt_environment(settings) | {"DBT_TARGET_PATH": str(tmp_path), "DBT_LOG_PATH": str(tmp_path)}
    with exported(environment), monkeypatch.context() as there:
        there.chdir(DBT_PROJECT_DIR)
        runner = dbtRunner(callbacks=[lambda event: events.append(event.info.name)])
        outcome = runner.invoke(["--quiet", "--show-all-deprecations", "parse", "--no-partial-parse"])
    assert outcome.success
    assert events
    assert not [name for name in events if "deprecat" in name.lower()]
