"""Names in a seed that are listed elsewhere: measures, scores, stages, segments, signals, inputs, bands, parts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dagster_project.contract import input_contract
from dagster_project.registry.rows import ALL, RegistryFault
from dagster_project.registry.signals import signal_rules

# Where names stand, by seed and column, and what they name.
PLACES = (
    ("health_measures", "segments", "segment"),
    ("health_measures", "stages", "stage"),
    ("health_measures", "required_inputs", "input column"),
    ("health_curves", "measure_id", "measure"),
    ("health_weights", "measure_id", "measure"),
    ("health_weights", "score_id", "score"),
    ("health_weights", "segment", "segment"),
    ("health_weights", "stage", "stage"),
    ("onboarding_steps", "required_input", "input column"),
    ("health_measures", "maturity_part", "part of maturity"),
    ("success_targets", "segment", "segment"),
    ("signals", "signal_id", "signal"),
    ("signals", "segment", "segment"),
    ("signals", "required_inputs", "input column"),
    ("support_phases", "above_band", "band"),
)


def name_faults(rows: Mapping[str, Sequence[Any]], segments: set[str]) -> Iterable[RegistryFault]:
    """Names that no other list knows."""
    known = _known_names(rows, segments)
    for seed_name, column, listed in PLACES:
        home, names = known[listed]
        for row in rows[seed_name]:
            for name in _names_in(row, column):
                if name not in names:
                    yield row.fault(column, f"there is no {listed} '{name}'; {home} has those there are")


def _known_names(rows: Mapping[str, Sequence[Any]], segments: set[str]) -> dict[str, tuple[str, set[str]]]:
    """What can be named, with the place that lists it and the names there."""
    parts = {f"{row.axis_id} {row.part_id}" for row in rows["maturity_parts"] if row.part_id != row.axis_id}
    inputs = {f"{entity.name}.{column}" for entity in input_contract().values() for column in entity.column_names}
    return {
        "measure": ("seeds/health_measures.csv", {row.measure_id for row in rows["health_measures"]}),
        "score": ("seeds/health_scores.csv", {row.score_id for row in rows["health_scores"]}),
        "stage": ("seeds/account_stages.csv", {row.stage_id for row in rows["account_stages"]} | {ALL}),
        "segment": ("seeds/account_segments.csv", segments | {ALL}),
        "signal": ("models/intermediate/signals/_int_signals__models.yml", set(signal_rules())),
        "input column": ("docs/input_layer.md", inputs),
        "band": ("seeds/health_bands.csv", {row.band_id for row in rows["health_bands"]} | {""}),
        "part of maturity": ("seeds/maturity_parts.csv", parts | {""}),
    }


def _names_in(row: Any, column: str) -> Sequence[str]:
    if column == "maturity_part":
        return [f"{row.maturity_axis} {row.maturity_part}".strip()]
    told = getattr(row, column)
    return [told] if isinstance(told, str) else told
