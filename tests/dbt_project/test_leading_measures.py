"""Scores and signals look at what comes before an end, never at the end itself: none descends from an outcome."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from dagster_project.replay import FROZEN_MARTS
from tests.conftest import World

# Marts of signals; that of expansion proposals holds signals against opportunities, and reads them.
SIGNAL_MARTS = ("fct_account_signals", "kpi_self_running", "mart_renewal_review", "kpi_renewal_review")
# Entities that tell what became of a contract, or that it is about to end.
LAGGING = ("contract_outcomes", "churn_notices", "churn_reasons", "opportunities")
FITS = "model.bansou.int_account_fits_judged"


@pytest.fixture(scope="module")
def manifest(tiny_world: World) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((tiny_world.home / "build" / "dbt" / "manifest.json").read_text())
    return content


def ancestors(parents: Mapping[str, Iterable[str]], names: Iterable[str]) -> set[str]:
    """Everything that the named nodes rest on, themselves included."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += parents.get(name, ())
    return found


def scored(manifest: Mapping[str, Any]) -> list[str]:
    """The measure models, the models of signals and phases, and the marts that are frozen or show signals."""
    named = [f"model.bansou.{mart}" for mart in (*FROZEN_MARTS, *SIGNAL_MARTS)]
    signals = [name for name, node in manifest["nodes"].items() if "intermediate/signals/int_" in node["path"]]
    return named + signals + [name for name in manifest["parent_map"] if name.endswith("_measures_calculated")]


def test_no_score_descends_from_what_became_of_a_contract(manifest: dict[str, Any]) -> None:
    assert len(scored(manifest)) > 30
    assert "model.bansou.int_people_signals_found" in scored(manifest)
    above = ancestors(manifest["parent_map"], scored(manifest))
    assert "model.bansou.input_contracts" in above
    assert above.isdisjoint(f"model.bansou.input_{entity}" for entity in LAGGING)


@pytest.mark.parametrize("entity", LAGGING)
def test_a_measure_that_reads_it_is_caught(manifest: dict[str, Any], entity: str) -> None:
    """The same question, asked of a graph in which one model far above the scores reads it."""
    leaky = manifest["parent_map"] | {
        "model.bansou.int_account_days_listed": [
            *manifest["parent_map"]["model.bansou.int_account_days_listed"],
            f"model.bansou.input_{entity}",
        ]
    }
    assert f"model.bansou.input_{entity}" in ancestors(leaky, scored(manifest))


def test_no_fit_descends_from_what_became_of_the_customer(manifest: dict[str, Any]) -> None:
    """It is judged at the signature. Opportunities tell which deals were declined."""
    above = ancestors(manifest["parent_map"], [FITS])
    assert "model.bansou.input_fit_answers" in above
    assert above.isdisjoint(f"model.bansou.input_{entity}" for entity in LAGGING if entity != "opportunities")
