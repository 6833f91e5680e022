"""The demo company's exports as the records of its systems: what each record is now, and what it was before."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.contract import input_contract
from dagster_project.demo.today import demo_today
from dagster_project.demo.window import midnight, utc_text

Row = Mapping[str, Any]
# The systems answer as they do shortly after midnight, when the day's last change is no longer withheld.
AFTER_MIDNIGHT = timedelta(minutes=5)


@dataclass(frozen=True)
class DemoRecord:
    """A record with all its states, the oldest first; each has the contract's columns and `updated_at`."""

    key: str
    states: Sequence[Row]

    @property
    def now(self) -> Row:
        """The state that stands."""
        return self.states[-1]

    @property
    def created_at(self) -> datetime:
        """When the record came to be (UTC)."""
        moment: datetime = self.states[0]["updated_at"]
        return moment

    @property
    def modified_at(self) -> datetime:
        """When it last changed (UTC)."""
        moment: datetime = self.states[-1]["updated_at"]
        return moment

    def changes(self, columns: Sequence[str]) -> Iterator[tuple[datetime, str, Any, Any]]:
        """Moment, column, old value and new value of every change."""
        for before, after in zip(self.states, self.states[1:], strict=False):
            for column in columns:
                if before[column] != after[column]:
                    yield after["updated_at"], column, before[column], after[column]


class DemoExports:
    """The exports in a folder, read when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._records: dict[tuple[str, str], list[DemoRecord]] = {}

    @cached_property
    def now(self) -> datetime:
        """The moment at which the demo world stands (UTC)."""
        today = demo_today(self.folder)
        if today is None:
            raise FileNotFoundError(f"{self.folder} holds no demo world")
        return midnight(today + timedelta(days=1)).replace(tzinfo=None) + AFTER_MIDNIGHT

    def rows(self, source_name: str, entity_name: str) -> list[dict[str, Any]]:
        """Every row, by the time at which it became known; values are of the contract's types, dates are text."""
        folder = self.folder / source_name / entity_name
        entity = input_contract()[entity_name]
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            parts = []
            for reader, ending in (("read_csv", "csv"), ("read_parquet", "parquet"), ("read_json", "jsonl.gz")):
                if list(folder.glob(f"*.{ending}")):
                    options = ", all_varchar = true" if ending == "csv" else ""
                    parts.append(f"select * from {reader}('{folder}/*.{ending}'{options})")
            if not parts:
                return []
            types = {column.name: column.data_type.replace("date", "varchar") for column in entity.columns}
            columns = ", ".join(f"try_cast({name} as {kind}) as {name}" for name, kind in types.items())
            moment = "timezone('UTC', cast(updated_at as timestamptz)) as updated_at"
            query = f"select {columns}, {moment} from ({' union all by name '.join(parts)}) order by updated_at"
            found = connection.execute(query)
            names = [column[0] for column in found.description]
            return [dict(zip(names, values, strict=True)) for values in found.fetchall()]

    def records(self, source_name: str, entity_name: str) -> list[DemoRecord]:
        """Every record, by the time of its last change."""
        place = (source_name, entity_name)
        if place not in self._records:
            states: dict[str, list[dict[str, Any]]] = {}
            key = input_contract()[entity_name].key
            for row in self.rows(source_name, entity_name):
                states.setdefault("|".join(str(row[name]) for name in key), []).append(row)
            found = [DemoRecord(each, rows) for each, rows in states.items()]
            self._records[place] = sorted(found, key=lambda record: (record.modified_at, record.key))
        return self._records[place]


def iso_time(moment: datetime) -> str:
    """A moment as `2026-05-01T09:30:00Z`, as most of the vendors write it."""
    return str(utc_text(moment))


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return float(value) if isinstance(value, Decimal) else value


def digits_of(text: str) -> int:
    """A number for an id that holds one."""
    return int("".join(letter for letter in text if letter.isdigit()))


def token_of(*parts: str, length: int = 12) -> str:
    """Letters and digits that stand for some text."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:length]
