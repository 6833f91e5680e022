"""Every vendor's module, its staging models and what it says of its columns, held against each other."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.contract import input_contract
from dagster_project.settings import STAGING_DIR, ApiTable, staged_entities
from dagster_project.sources.vendor import Vendor, vendor_of

TYPES = sorted(path.name for path in STAGING_DIR.iterdir() if path.name not in {"files", "ledger"})
# What an object of the vendor's customer may hold, or a table of an application.
OF_ONES_OWN = {
    "salesforce": {"hearings", "strategy_assessments", "success_plans", "sales_requests"},
    "application": {"usage_events", "users", "companies", "features"},
}


@pytest.fixture(params=TYPES)
def source_type(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def vendor(source_type: str) -> Vendor:
    return vendor_of(source_type)


def test_every_entity_of_a_vendor_has_a_staging_model(source_type: str, vendor: Vendor) -> None:
    assert staged_entities(source_type) == {*vendor.tables, *OF_ONES_OWN.get(source_type, set())}
    assert bool(vendor.custom_table) == (source_type in OF_ONES_OWN)


def test_staging_models_and_raw_tables_are_described(source_type: str) -> None:
    folder = STAGING_DIR / source_type
    models = _read(folder / f"_{source_type}__models.yml")["models"]
    [source] = _read(folder / f"_{source_type}__sources.yml")["sources"]
    entities = staged_entities(source_type)
    assert {model["name"] for model in models} == {f"stg_{source_type}__{entity}" for entity in entities}
    assert {table["name"] for table in source["tables"]} == {f"{source_type}_{entity}" for entity in entities}
    for told in [*models, *source["tables"]]:
        assert told["description"].startswith("One row per "), told["name"]


def test_columns_of_a_vendor_are_those_of_the_contract(vendor: Vendor) -> None:
    for entity, table in vendor.tables.items():
        columns = vendor_columns(vendor, entity)
        assert columns <= set(input_contract()[entity].column_names), entity
        required = {column.name for column in input_contract()[entity].columns if column.is_required}
        assert {*input_contract()[entity].key, *required} <= columns
        assert table.key in table.fields


def vendor_columns(vendor: Vendor, entity: str) -> set[str]:
    return set(vendor.tables[entity].configured(ApiTable(), vendor.options).columns)


def _read(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return told
