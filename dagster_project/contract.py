"""The input contract: the entities and columns that every source delivers, read from the input models' YAML."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import yaml

from dagster_project.settings import DBT_PROJECT_DIR


@dataclass(frozen=True)
class ContractColumn:
    """One column of an entity, in the type that raw stores."""

    name: str
    data_type: str
    is_required: bool
    accepted_values: tuple[str, ...] = ()
    """The only values allowed besides null; empty where any is."""
    refers_to: str | None = None
    """Entity whose key the column holds."""
    is_personal: bool = False
    """True where the value tells of a person: name, address, words that people wrote."""
    is_time_zone: bool = False
    """True where the value is the name of a time zone, such as Asia/Tokyo."""
    is_person_id: bool = False
    """True where the value is the key of a customer's person."""
    description: str = ""
    """One sentence; `{{ doc('…') }}` where the glossary has it."""


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
    area: str = ""
    """Folder of `models/input` that declares it."""
    description: str = ""

    @property
    def person_ids(self) -> list[str]:
        """Columns that hold the key of a person."""
        return [column.name for column in self.columns if column.is_person_id]

    @property
    def column_names(self) -> list[str]:
        """Names in the contract's order."""
        return [column.name for column in self.columns]


@cache
def input_contract() -> dict[str, Entity]:
    """Every entity by name, from `dbt_project/models/input/<area>/*.yml`."""
    entities = {}
    for path in sorted((DBT_PROJECT_DIR / "models" / "input").rglob("input_*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            entity = _entity(model, path.parent.name)
            entities[entity.name] = entity
    return entities


def _entity(model: dict, area: str) -> Entity:  # type: ignore[type-arg]
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
            ContractColumn(
                name=column["name"],
                data_type=column["data_type"],
                is_required=marks.get("is_required", False),
                accepted_values=tuple(marks.get("accepted_values", ())),
                refers_to=marks.get("refers_to"),
                is_personal=marks.get("is_personal", False),
                is_time_zone=marks.get("is_time_zone", False),
                is_person_id=marks.get("is_person_id", False),
                description=column.get("description", ""),
            )
            for column, marks in told
        ),
        event_time=next((column["name"] for column, marks in told if marks.get("is_event_time")), None),
        area=area,
        description=model.get("description", "").strip(),
    )


@cache
def personal_columns() -> frozenset[str]:
    """Names of all columns that tell of a person or are a person's key, in any entity."""
    return frozenset(
        column.name
        for entity in input_contract().values()
        for column in entity.columns
        if column.is_personal or column.is_person_id
    )


def without_persons(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it may be shown: what tells of a person, or could, is left out."""
    hidden = personal_columns() | {"_record_key", "_extra", "source_row"}
    return {name: value for name, value in row.items() if name not in hidden}
