"""What another registry of scores would do on the newest day: which accounts would change band, and why."""

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.assets.transform import run_dbt
from dagster_project.configuration import VALID_FROM, project_with_seeds, read_seeds
from dagster_project.dev import build_to_copy, copy_of_build
from dagster_project.diff import BandChange, band_changes
from dagster_project.registry import REGISTRY_SEEDS, refuse_registry_faults
from dagster_project.settings import Settings
from dagster_project.sources.file_mapping import text_literal
from dagster_project.warehouse.interface import Build, WarehouseError

# From the measures on: what they count stands in the copy.
SCORED = "path:seeds path:models/intermediate/measures path:models/intermediate/scores path:models/marts/scores"


@dataclass(frozen=True)
class Preview:
    """Accounts by score and the day's own band, under the registry in force and the candidate; and who changes."""

    day: date
    seeds_dir: Path
    counts: list[dict[str, Any]]
    """One row per score and band: `score_id`, `band_id`, `band_rank`, `count_now`, `count_then`."""
    band_changes: list[BandChange]


def preview_scores(settings: Settings, seeds_dir: Path) -> Preview:
    """Score the newest built day with the seeds of a folder, on a copy of the build; nothing else is changed.

    Rows that hold from a later day on are taken to hold already. The bands compared are the day's own, because the band
    that is shown also rests on the days before.

    Raises:
        SettingsError: there is no build to copy, or scores cannot be computed with the seeds.
        WarehouseError: dbt failed.
    """
    last = build_to_copy(settings)
    candidate = read_seeds() | read_seeds(seeds_dir)
    refuse_registry_faults(candidate)
    day = last.as_of_date
    with tempfile.TemporaryDirectory(prefix="bansou-preview-") as folder:
        seeds = {
            name: seed_as_of(text, REGISTRY_SEEDS[name], day) if name in REGISTRY_SEEDS else text
            for name, text in candidate.items()
        }
        project = project_with_seeds(seeds, Path(folder))
        scratch = settings.model_copy(update={"home": Path(folder) / "home"})
        copy_of_build(settings.build_path, scratch.build_path)
        kinds = "resource_type:test resource_type:unit_test"
        days = Build("preview", day, day, day, last.last_load_number)
        done = run_dbt(scratch, ["build", "--select", SCORED, "--exclude", kinds], days, project_dir=project)
        if done.returncode:
            raise WarehouseError(f"dbt failed while scores were previewed:\n{done.stdout}{done.stderr}")
        with duckdb.connect() as connection:
            connection.execute(f"attach {text_literal(str(scratch.build_path))} as candidate (read_only)")
            connection.execute(f"attach {text_literal(str(settings.build_path))} as build (read_only)")
            counts = _counts(connection, day)
            changes = band_changes(connection, "candidate.marts", "build.marts", band="raw_band")
    return Preview(day, seeds_dir, counts, changes)


def seed_as_of(text: str, key: Sequence[str], day: date) -> str:
    """A dated seed whose later rows hold from `day` on; the last version of a key stands, as a whole."""
    reader = csv.DictReader(io.StringIO(text))
    rows = list(reader)
    newest: dict[tuple[str, ...], str] = {}
    for row in rows:
        named = tuple(row[column] for column in key)
        newest[named] = max(newest.get(named, ""), row[VALID_FROM])
    kept: list[Mapping[str, str]] = []
    for row in rows:
        last = newest[tuple(row[column] for column in key)]
        if row[VALID_FROM] < min(last, day.isoformat()) or last < day.isoformat():
            kept.append(row)
        elif row[VALID_FROM] == last:
            kept.append({**row, VALID_FROM: day.isoformat()})
    written = io.StringIO()
    writer = csv.DictWriter(written, reader.fieldnames or [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(kept)
    return written.getvalue()


def _counts(connection: duckdb.DuckDBPyConnection, day: date) -> list[dict[str, Any]]:
    result = connection.execute(
        """
        with told as (
            select score_id, raw_band as band_id, count(*) as count_now, 0 as count_then
            from build.marts.fct_health_scores where score_date = $day group by all
            union all
            select score_id, raw_band, 0, count(*)
            from candidate.marts.fct_health_scores where score_date = $day group by all
        )
        select score_id, band_id, coalesce(max(b.band_rank), max(o.band_rank), 0) as band_rank,
            cast(sum(count_now) as integer) as count_now, cast(sum(count_then) as integer) as count_then
        from told
        left join candidate.marts.dim_health_bands as b using (band_id)
        left join build.marts.dim_health_bands as o using (band_id)
        group by score_id, band_id order by score_id, band_rank desc
        """,
        {"day": day},
    )
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
