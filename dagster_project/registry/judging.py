"""Every seed of the registry read, then judged by every rule."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from dagster_project.registry.names import name_faults
from dagster_project.registry.rows import RegistryFault, Row, read_rows
from dagster_project.registry.scores import (
    Band,
    Knot,
    Measure,
    Score,
    Stage,
    Weight,
    band_faults,
    curve_faults,
    stage_faults,
    weight_faults,
)
from dagster_project.registry.sequences import numbering_faults
from dagster_project.registry.signals import Phase, Signal, phase_faults, sentence_faults, signal_faults
from dagster_project.registry.success import (
    Criterion,
    Fit,
    Goal,
    Part,
    Rung,
    Step,
    Target,
    Tier,
    axis_faults,
    fit_faults,
    target_faults,
    tier_faults,
)
from dagster_project.settings import SettingsError

NAMED_FAULTS = 10
KINDS: tuple[type[Row], ...] = (
    Score,
    Band,
    Stage,
    Measure,
    Knot,
    Weight,
    Goal,
    Rung,
    Step,
    Part,
    Tier,
    Criterion,
    Fit,
    Target,
    Signal,
    Phase,
)
# What names a version of each seed: the rows of one key and day hold together.
REGISTRY_SEEDS: dict[str, tuple[str, ...]] = {kind.seed_name: kind.version_key for kind in KINDS}


def refuse_registry_faults(seeds: Mapping[str, str]) -> None:
    """Raise where the registry of scores cannot be computed with. `seeds` gives the text of every seed by name.

    Raises:
        SettingsError: naming the places, and what is wrong there.
    """
    faults = registry_faults(seeds)
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults[:NAMED_FAULTS])
        more = f"\n  … and {len(faults) - NAMED_FAULTS} more" if len(faults) > NAMED_FAULTS else ""
        raise SettingsError(f"Scores cannot be computed with these seeds, so nothing was done:\n{listed}{more}")


def registry_faults(seeds: Mapping[str, str]) -> list[RegistryFault]:
    """Every fault of the registry, in the order of its seeds; rules across rows are judged once each row reads well."""
    rows: dict[str, list[Any]] = {}
    faults: list[RegistryFault] = []
    for kind in KINDS:
        rows[kind.seed_name], found = read_rows(kind, seeds[kind.seed_name])
        faults += found
    if faults:
        return faults
    segments = {row["segment"] for row in csv.DictReader(io.StringIO(seeds["account_segments"]))}
    stages = {row.stage_id for row in rows["account_stages"]}
    directions = {row.measure_id: row.direction for row in rows["health_measures"]}
    return [
        *name_faults(rows, segments),
        *band_faults(rows["health_bands"]),
        *stage_faults(rows["account_stages"]),
        *numbering_faults(rows["ladder_rungs"], "rung"),
        *numbering_faults(rows["onboarding_steps"], "step_number"),
        *numbering_faults(rows["maturity_tiers"], "tier"),
        *axis_faults(rows["maturity_parts"]),
        *tier_faults(rows["maturity_tiers"]),
        *fit_faults(rows["fit_levels"]),
        *target_faults(rows["success_targets"], rows["ladder_rungs"]),
        *curve_faults(rows["health_curves"], directions),
        *weight_faults(rows["health_weights"], segments, stages),
        *signal_faults(rows["signals"]),
        *sentence_faults(rows["signals"]),
        *phase_faults(rows["support_phases"]),
    ]
