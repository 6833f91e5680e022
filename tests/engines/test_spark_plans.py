"""Every model as compiled for Spark is planned by a local session; a full run on Spark is not part of the tests."""

import json
import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.assets.transform import DBT_EXECUTABLE, dbt_variables
from dagster_project.settings import DBT_PROJECT_DIR, load_settings
from tests.conftest import ROOT, World

SPARK = Path(os.environ.get("BANSOU_SPARK", ROOT / ".venv" / "spark"))
pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(not (SPARK / "pyspark").exists(), reason="Spark is not installed: see tests/engines/spark.lock"),
]
SPARK_TYPES = {"VARCHAR": "string", "DOUBLE": "double", "HUGEINT": "decimal(38,0)"}
RANGE_REPLACE = (
    "{{ get_incremental_range_replace_sql({'target_relation': 'marts.fct_usage_daily', 'temp_relation': 'made', "
    "'dest_columns': [{'name': 'usage_date'}, {'name': 'account_id'}], 'range_column': 'usage_date'}) }}"
)


def _dbt(world: World, folder: Path, *arguments: str) -> str:
    environment = world.environment | {
        "PYTHONPATH": str(SPARK),
        "BANSOU_FROM_DATE": "2026-06-29",
        "BANSOU_TO_DATE": "2026-06-30",
        "BANSOU_AS_OF_DATE": "2026-06-30",
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "target"),
        "DBT_PROFILES_DIR": str(DBT_PROJECT_DIR),
        "DBT_PROJECT_DIR": str(DBT_PROJECT_DIR),
    }
    done = subprocess.run(
        [
            *(DBT_EXECUTABLE, "compile", "--target", "spark", "--no-populate-cache", *arguments),
            *("--vars", json.dumps(dbt_variables(load_settings(world.environment)))),
        ],
        cwd=folder,  # Spark leaves its metastore where it is started
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _models(folder: Path) -> list[dict[str, str]]:
    manifest = json.loads((folder / "target" / "manifest.json").read_text())
    nodes = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    order = TopologicalSorter({name: node["depends_on"]["nodes"] for name, node in nodes.items()}).static_order()
    return [
        {"name": f"{nodes[name]['schema']}.{nodes[name]['name']}", "sql": nodes[name]["compiled_code"]}
        for name in order
        if name in nodes and nodes[name]["config"]["materialized"] != "ephemeral"
    ]


def _given_tables(world: World) -> dict[str, dict[str, str]]:
    """Raw tables and seeds with the types that Spark has for theirs."""
    with duckdb.connect(world.home / "build" / "warehouse.duckdb", read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where schema_name in ('raw', 'reference') and not internal order by all"
        ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for schema, table, column, kind in columns:
        tables.setdefault(f"{schema}.{table}", {})[column] = SPARK_TYPES.get(kind, kind.lower())
    return tables


def test_spark_plans_every_model_and_reads_the_writing_of_a_range(tiny_world: World, tmp_path: Path) -> None:
    _dbt(tiny_world, tmp_path)
    models = _models(tmp_path)
    assert len(models) > 100
    inline = _dbt(tiny_world, tmp_path, "--quiet", "--inline", RANGE_REPLACE)
    statements = [part.strip() for part in re.sub(r"\x1b\[\d+m", "", inline).split(";") if part.strip()]
    assert len(statements) == 3  # a partition for each of two days, and the rows
    told: dict[str, Any] = {
        "tables": _given_tables(tiny_world),
        "models": models,
        "statements": {f"range_replace {number}": sql for number, sql in enumerate(statements)},
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "engines" / "spark_plans.py")],
        input=json.dumps(told),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(SPARK)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    failures = json.loads(done.stdout.splitlines()[-1])
    assert not failures, json.dumps(failures, indent=1)
