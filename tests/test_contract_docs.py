"""The input contract's page and its templates."""

from pathlib import Path

import pytest

from dagster_project.contract import Entity, input_contract
from dagster_project.contract_docs import AREA_TITLES, DOCS_PATH, described, input_docs, template, write_templates


def test_page_is_the_one_that_the_yaml_gives() -> None:
    """Where this fails, `make input-docs` writes the page anew."""
    assert DOCS_PATH.read_text(encoding="utf-8") == input_docs()


def test_every_area_has_a_title() -> None:
    assert {entity.area for entity in input_contract().values()} == set(AREA_TITLES)


@pytest.mark.parametrize("entity", input_contract().values(), ids=lambda entity: entity.name)
def test_template_names_and_explains_every_column(entity: Entity) -> None:
    lines = template(entity).splitlines()
    assert lines[-1] == ",".join(entity.column_names)
    for column in entity.columns:
        assert any(line.startswith(f"# {column.name}: {column.data_type}") for line in lines)
        assert described(column).strip()
        assert "{{" not in described(column)
    assert all(line.startswith("#") for line in lines[:-1])


def test_references_lead_to_an_entity_with_a_key() -> None:
    for entity in input_contract().values():
        for column in entity.columns:
            if column.refers_to:
                assert column.refers_to in input_contract(), f"{entity.name}.{column.name}"


def test_templates_are_written_for_every_entity(tmp_path: Path) -> None:
    write_templates(tmp_path)
    assert {path.stem for path in tmp_path.glob("*.csv")} == set(input_contract())
