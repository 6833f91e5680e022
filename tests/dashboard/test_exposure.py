"""dbt knows what the dashboard reads."""

import re

import yaml

from tests.conftest import ROOT


def test_exposure_names_the_marts_that_the_dashboard_reads() -> None:
    told = yaml.safe_load((ROOT / "dbt_project" / "models" / "_exposures.yml").read_text(encoding="utf-8"))
    [exposure] = told["exposures"]
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "dashboard").rglob("*.py"))
    read = set(re.findall(r"(?:from|join) ((?:dim|fct|kpi|mart)_\w+)", pages))
    assert {f"ref('{mart}')" for mart in read} == set(exposure["depends_on"])
