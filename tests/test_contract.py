"""The input contract: what the input models' YAML tells raw."""

from pathlib import Path

import pytest
import yaml

from dagster_project import contract
from dagster_project.contract import ContractColumn, Entity, input_contract
from dagster_project.settings import DBT_PROJECT_DIR
from dagster_project.warehouse.raw_tables import PROVENANCE_COLUMNS, raw_columns

INPUT_FOLDER = DBT_PROJECT_DIR / "models" / "input"

VISITS = """
models:
  - name: input_visits
    config:
      meta: {entity: visits, kind: events, key: [visit_id]}
    columns:
      - name: visit_id
        data_type: text
      - name: visited_at
        data_type: timestamp
        config: {meta: {is_required: true, is_event_time: true}}
      - name: _known_at
        data_type: timestamp
        config: {meta: {is_provenance: true}}
      - name: visit_date
        data_type: date
        config: {meta: {is_derived: true}}
"""


def test_contract_leaves_out_provenance_when_reading_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "models" / "input" / "product"
    folder.mkdir(parents=True)
    (folder / "input_visits.yml").write_text(VISITS)
    (folder / "other.yml").write_text("models: []")
    monkeypatch.setattr(contract, "DBT_PROJECT_DIR", tmp_path)
    assert input_contract.__wrapped__() == {
        "visits": Entity(
            name="visits",
            kind="events",
            key=("visit_id",),
            columns=(
                ContractColumn("visit_id", "text", is_required=False),
                ContractColumn("visited_at", "timestamp", is_required=True),
            ),
            event_time="visited_at",
            area="product",
        )
    }


def test_contract_has_an_entity_for_each_input_model_when_read() -> None:
    assert sorted(input_contract()) == sorted(
        path.stem.removeprefix("input_") for path in INPUT_FOLDER.rglob("input_*.yml")
    )
    assert {entity.kind for entity in input_contract().values()} == {"versions", "events"}


@pytest.mark.parametrize("entity", input_contract().values(), ids=lambda entity: entity.name)
def test_contract_is_sound_when_raw_tables_are_made(entity: Entity) -> None:
    assert set(entity.key) <= set(entity.column_names)
    assert len(set(entity.column_names)) == len(entity.column_names)
    assert not set(entity.column_names) & set(PROVENANCE_COLUMNS)
    assert list(raw_columns(entity)) == [*entity.column_names, *PROVENANCE_COLUMNS]
    # An event's own time is what it is judged by; a version has none.
    assert (entity.event_time is not None) == (entity.kind == "events")


def test_contract_leaves_every_model_column_accounted_for_when_read() -> None:
    for path in INPUT_FOLDER.rglob("input_*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            names = [column["name"] for column in model["columns"]]
            entity = input_contract()[model["config"]["meta"]["entity"]]
            assert [name for name in names if name in entity.column_names] == entity.column_names
