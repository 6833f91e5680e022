"""Every row that the world draws meets the input contract before the dirt is strewn over it."""

from collections import Counter

import pytest

from dagster_project.contract import input_contract
from dagster_project.demo.block import Rows

WRITTEN_ELSEWHERE = {"companies", "people", "usage_events", "sessions"}  # by the crosswalk, by month, by the warehouse


def test_every_entity_is_drawn(drawn_rows: Rows) -> None:
    assert drawn_rows.keys() == input_contract().keys() - WRITTEN_ELSEWHERE
    assert all(drawn_rows.values())


@pytest.mark.parametrize("entity_name", sorted(input_contract().keys() - WRITTEN_ELSEWHERE))
def test_rows_meet_the_contract(entity_name: str, drawn_rows: Rows) -> None:
    entity, rows = input_contract()[entity_name], drawn_rows[entity_name]
    assert all(set(row) == {*entity.column_names, "updated_at"} for row in rows)
    assert all(row["updated_at"] for row in rows)
    for column in entity.columns:
        values = {row[column.name] for row in rows}
        assert not (column.is_required and None in values), column.name
        if column.accepted_values:
            assert values - {None} <= set(column.accepted_values), column.name
    moments = Counter((*(row[name] for name in entity.key), row["updated_at"]) for row in rows)
    assert moments.most_common(1)[0][1] == 1


def test_references_lead_somewhere(drawn_rows: Rows) -> None:
    for entity_name, rows in drawn_rows.items():
        for column in input_contract()[entity_name].columns:
            if column.refers_to not in drawn_rows:
                continue
            told = input_contract()[column.refers_to]
            keys = {row[told.key[0]] for row in drawn_rows[column.refers_to]}
            values = {row[column.name] for row in rows} - {None}
            assert values <= keys, f"{entity_name}.{column.name}: {sorted(map(str, values - keys))[:3]}"
