"""The seeds as they were: every version is kept in raw, and none may change what days already scored rest on.

Scores are frozen: a day is scored with what was known then, the seeds included. So a version counts from the first
day that is not built yet; a row that speaks of an earlier day is refused, unless all days are scored again on purpose.
"""

import csv
import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from dagster_project.facts import keep_fact
from dagster_project.registry import refuse_registry_faults
from dagster_project.settings import DBT_PROJECT_DIR, Settings, SettingsError
from dagster_project.warehouse.interface import Warehouse

SEEDS_DIR = DBT_PROJECT_DIR / "seeds"
VALID_FROM = "valid_from_date"
# Words for readers: no figure rests on them.
LABEL_SUFFIXES = ("_english", "_japanese")
NAMED_ROWS = 5

Row = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PastChange:
    """A row of a seed that was added, changed or removed although days already scored rest on it."""

    seed_name: str
    what: str
    row: Row

    def __str__(self) -> str:
        told = ", ".join(f"{name} {value}" for name, value in self.row)
        return f"seeds/{self.seed_name}.csv: {self.what}: {told}"


def read_seeds(folder: Path = SEEDS_DIR) -> dict[str, str]:
    """Text of every seed by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.csv"))}


def project_with_seeds(seeds: Mapping[str, str], folder: Path) -> Path:
    """A copy of the dbt project within `folder` in which the seeds of these names have this text."""
    project = folder / "dbt_project"
    shutil.copytree(DBT_PROJECT_DIR, project, ignore=shutil.ignore_patterns("target", "logs"))
    for name, text in seeds.items():
        (project / "seeds" / f"{name}.csv").write_text(text, encoding="utf-8")
    return project


def land_configuration(settings: Settings, warehouse: Warehouse, *, rescore: bool = False) -> list[str]:
    """Keep the seeds that differ from those kept last; returns their names.

    With `rescore` a version counts from the start of history: the caller builds every day again.

    Raises:
        SettingsError: scores cannot be computed with the seeds; or a seed changes what days already scored rest on, and
            `rescore` is not asked for.
    """
    build, seeds = warehouse.last_build(), read_seeds()
    refuse_registry_faults(seeds)
    kept = {version.seed_name: version.content for version in warehouse.configuration_on(date.max)}
    changed = {name: text for name, text in seeds.items() if kept.get(name) != text}
    if build and kept and not rescore:
        bound = {name: text for name, text in changed.items() if name not in free_seeds()} if changed else {}
        refuse_past_changes(kept, bound, build.as_of_date)
    start = settings.calendar.history_start_date
    counts_from = build.as_of_date + timedelta(days=1) if build and kept and not rescore else start
    number = len(warehouse.rows("select version_number from raw.configuration_versions"))
    versions = [
        {"version_number": number + n, "seed_name": name, "counts_from_date": counts_from, "content": text}
        for n, (name, text) in enumerate(changed.items(), start=1)
    ]
    keep_fact(settings, warehouse, "configuration_versions", versions)
    return sorted(changed)


def free_seeds(folder: Path = SEEDS_DIR) -> set[str]:
    """Seeds that no score rests on, as their YAML says."""
    import yaml  # noqa: PLC0415 - most runs change no seed

    told = yaml.safe_load((folder / "_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    return {seed["name"] for seed in told if seed.get("config", {}).get("meta", {}).get("is_free_to_change")}


def refuse_past_changes(kept: Mapping[str, str], changed: Mapping[str, str], last_scored: date) -> None:
    """Raise where a changed seed speaks of a day up to `last_scored`. A seed that was not there before cannot.

    Raises:
        SettingsError: naming the rows and what to do.
    """
    found = [
        change
        for name, text in changed.items()
        if name in kept
        for change in _past_changes(name, kept[name], text, last_scored)
    ]
    if found:
        listed = "\n".join(f"  {change}" for change in found[:NAMED_ROWS])
        more = f"\n  … and {len(found) - NAMED_ROWS} more" if len(found) > NAMED_ROWS else ""
        raise SettingsError(
            f"Days up to {last_scored} are scored already, and these rows would change what they rest on:\n"
            f"{listed}{more}\n"
            f"Give changed rows a {VALID_FROM} after {last_scored} and leave the old ones, where the seed has that "
            f"column; or score every day again on purpose: make run RESCORE=1."
        )


def _past_changes(seed_name: str, before: str, after: str, last_scored: date) -> list[PastChange]:
    old, new = _rows(before), _rows(after)
    changes = [("removed", row) for row in old if row not in new] + [("new", row) for row in new if row not in old]
    return [PastChange(seed_name, what, row) for what, row in changes if _valid_from(row) <= last_scored]


def _rows(text: str) -> list[Row]:
    """The rows of a seed without their labels."""
    return [
        tuple((name, value) for name, value in row.items() if not name.endswith(LABEL_SUFFIXES))
        for row in csv.DictReader(io.StringIO(text))
    ]


def _valid_from(row: Row) -> date:
    """The first day that a row speaks of; a seed without dates speaks of all."""
    told = dict(row).get(VALID_FROM)
    return date.fromisoformat(told) if told else date.min
