"""The page of definitions says what the seeds and the marts' YAML say."""

import pytest

from dagster_project.definitions_docs import AREA_TITLES, DOCS_PATH, MARKER, definitions
from dagster_project.settings import DBT_PROJECT_DIR, PROJECT_ROOT
from tests.conftest import mart_names


def test_page_is_that_of_the_marts() -> None:
    """Where this fails, `make definitions` writes the page anew."""
    page = DOCS_PATH.read_text(encoding="utf-8")
    assert definitions(page) == page


def test_every_area_of_the_marts_has_a_title() -> None:
    assert AREA_TITLES.keys() == {path.name for path in (DBT_PROJECT_DIR / "models" / "marts").iterdir()}


def test_readme_names_every_mart() -> None:
    page = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    assert {mart for mart in mart_names() if f"`{mart}`" not in page} == set()


def test_a_page_without_its_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="has no line"):
        definitions("# Definitions\n")
    assert definitions(f"# Mine\n{MARKER}\nold").startswith(f"# Mine\n{MARKER}\n\n## The key figures")
