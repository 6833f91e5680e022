"""The input contract: the entities and columns that every source delivers, read from the input models' YAML."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import yaml

from dagster_project.settings import DBT_PROJECT_DIR


@dataclass(frozen=True)
class ContractColumn:
    """One column of an entity, in the type that raw stores."""

    name: str
    data_type: str
    is_required: bool


@dataclass(frozen=True)
class Entity:
    """One entity of the input contract.

    `versions` keeps each state of a row; `events` keeps each row once.
    """

    name: str
    kind: Literal["versions", "events"]
    key: tuple[str, ...]
    columns: tuple[ContractColumn, ...]
    event_time: str | None

    @property
    def column_names(self) -> list[str]:
        """Names in the contract's order."""
        return [column.name for column in self.columns]


@cache
def input_contract() -> dict[str, Entity]:
    """Every entity by name, from `dbt_project/models/input/*.yml`."""
    entities = {}
    for path in sorted((DBT_PROJECT_DIR / "models" / "input").glob("input_*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            entity = _entity(model)
            entities[entity.name] = entity
    return entities


def _entity(model: dict) -> Entity:  # type: ignore[type-arg]
    meta = model["config"]["meta"]
    told = [
        (column, column.get("config", {}).get("meta", {}))
        for column in model["columns"]
        if not column.get("config", {}).get("meta", {}).keys() & {"is_provenance", "is_derived"}
    ]
    return Entity(
        name=meta["entity"],
        kind=meta["kind"],
        key=tuple(meta["key"]),
        columns=tuple(
            ContractColumn(column["name"], column["data_type"], marks.get("is_required", False))
            for column, marks in told
        ),
        event_time=next((column["name"] for column, marks in told if marks.get("is_event_time")), None),
    )
