"""Personal data is classified where it comes in, and stays out of what readers see."""

import json
from typing import Any

import pytest

from dagster_project.contract import input_contract, personal_columns, without_persons
from tests.conftest import World

# Words of a column's name that tell of a person; whoever adds such a column says whether it is personal.
TELLING = ("email", "phone", "user_name", "person_name", "contact_name", "owner_name", "_text", "user_id", "person_id")
# A person's key in a mart is hashed; ids of our own people are needed for work lists.
HASHED = {"user_id"}


@pytest.fixture(scope="module")
def marts(tiny_world: World) -> list[dict[str, Any]]:
    manifest = json.loads((tiny_world.home / "build" / "dbt" / "manifest.json").read_text())
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["access"] == "public"
    ]


def test_every_column_that_sounds_personal_is_classified() -> None:
    unsaid = [
        f"{entity.name}.{column.name}"
        for entity in input_contract().values()
        for column in entity.columns
        if any(word in column.name for word in TELLING) and not (column.is_personal or column.is_person_id)
    ]
    assert unsaid == []


def test_no_mart_has_a_personal_column(marts: list[dict[str, Any]]) -> None:
    free = {"reason", "subject", *HASHED}  # words that mean something else in a mart
    found = [
        f"{mart['name']}.{name}" for mart in marts for name in mart["columns"] if name in personal_columns() - free
    ]
    assert found == []


def test_every_key_of_a_person_in_a_mart_is_hashed(marts: list[dict[str, Any]]) -> None:
    for mart in marts:
        if HASHED & mart["columns"].keys():
            assert "hashed_person_id(" in mart["raw_code"], mart["name"]
        for word in ("reason", "subject"):
            assert word not in mart["columns"] or "score_overrides" not in mart["raw_code"]


def test_sample_of_failing_rows_is_shown_without_persons() -> None:
    row = {"account_id": "a1", "email": "x@y.z", "user_id": "u1", "_record_key": "crm:u1", "seat_count": 3}
    assert without_persons(row) == {"account_id": "a1", "seat_count": 3}
