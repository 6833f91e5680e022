"""Templates are files that a source can deliver: filled in a spreadsheet, they load as they are."""

from pathlib import Path

import pytest

from dagster_project.contract import Entity, input_contract
from dagster_project.contract_docs import template
from tests.sources.loading import load, picked

EXAMPLES = {
    "text": "x",
    "date": "2026-01-05",
    "timestamp": "2026-01-05T09:00:00Z",
    "boolean": "true",
    "integer": "1",
    "bigint": "1",
    "numeric(18,2)": "1.25",
    "numeric(18,6)": "1.25",
}


@pytest.mark.parametrize("entity", input_contract().values(), ids=lambda entity: entity.name)
def test_filled_template_loads_when_its_comments_stay(entity: Entity, inbox: Path, tmp_path: Path) -> None:
    values = [
        "UTC" if column.is_time_zone else next(iter(column.accepted_values), EXAMPLES[column.data_type])
        for column in entity.columns
    ]
    (inbox / "a.csv").write_text(template(entity) + ",".join(values) + "\n", encoding="utf-8")
    loaded = load(tmp_path, entity.name, {"files": "a.csv", "comment": "#"})
    assert loaded.result.rows_loaded == 1, loaded.rejected
    assert loaded.batch.fed_columns == tuple(entity.column_names)


def test_value_that_the_contract_does_not_list_is_rejected(inbox: Path, tmp_path: Path) -> None:
    (inbox / "a.csv").write_text(
        "ticket_id,account_id,priority,created_at\n"
        "t1,a,urgent,2026-01-05T09:00:00Z\nt2,a,Urgent!,2026-01-05T09:00:00Z\nt3,a,,2026-01-05T09:00:00Z\n"
    )
    loaded = load(tmp_path, "tickets", {"files": "a.csv"})
    assert picked(loaded.rows, "ticket_id", "priority") == [("t1", "urgent"), ("t3", None)]
    assert picked(loaded.rejected, "reason", "column_name", "value", "row_number") == [
        ("unknown_value", "priority", "Urgent!", 2)
    ]
