"""What is decided or observed here, kept twice: in raw, and as files from which a lost warehouse is filled again.

Seeds as they stood, states of sources, runs and results of checks: nobody could deliver them a second time.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dagster_project.durable import write_durably
from dagster_project.settings import Settings
from dagster_project.warehouse.interface import Warehouse
from dagster_project.warehouse.raw_tables import FACT_TABLES


def keep_fact(settings: Settings, warehouse: Warehouse, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows to a table of `FACT_TABLES`; the file first, so that nothing is lost in between."""
    if not rows:
        return
    fact_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"
    write_durably(settings.facts_dir / table / f"{fact_id}.json", json.dumps(list(rows), default=str))
    warehouse.keep_fact(table, fact_id, rows)


def restore_facts(settings: Settings, warehouse: Warehouse) -> None:
    """Append the facts that have a file and no rows, after a run was stopped in between or the warehouse was lost."""
    for table in FACT_TABLES:
        for path in (settings.facts_dir / table).glob("*.waiting"):
            path.unlink()
        kept = {path.stem: path for path in (settings.facts_dir / table).glob("*.json")}
        for fact_id in sorted(kept.keys() - (warehouse.fact_ids(table) if kept else set())):
            warehouse.keep_fact(table, fact_id, json.loads(kept[fact_id].read_text(encoding="utf-8")))
