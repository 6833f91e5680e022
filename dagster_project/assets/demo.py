"""The demo company's files, where the configuration asks for one."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from dagster_project.checks.results import OWNER
from dagster_project.demo.today import read_state
from dagster_project.settings import DemoSettings, Settings, SettingsError

if TYPE_CHECKING:
    from dagster_project.demo.block import World

DEMO_KEY = dg.AssetKey(["demo", "company_files"])


def build_demo_asset(settings: Settings) -> list[dg.AssetsDefinition]:
    """One asset, or none."""
    demo = settings.demo
    if demo is None:
        return []

    @dg.asset(
        key=DEMO_KEY,
        group_name="demo",
        owners=[OWNER],
        kinds={"python"},
        description="Files of an invented company. Demo data: no customer of anybody's.",
    )
    def company_files() -> dg.MaterializeResult[None]:
        counts = write_demo(demo, settings.demo_dir)
        return dg.MaterializeResult(metadata={"files": len(counts), "rows": sum(counts.values())})

    return [company_files]


def write_demo(demo: DemoSettings, folder: Path) -> dict[str, int]:
    """Write the demo company's files where they do not stand yet; rows by file written."""
    from dagster_project.demo.company import write_demo_world  # noqa: PLC0415 - numpy and pyarrow

    world = _demo_world(demo)
    state = read_state(folder)
    return {} if state and state["world"] == repr(world) else write_demo_world(world, folder)


def advance_demo(settings: Settings) -> date:
    """Move the demo world on by a day; the new day.

    Raises:
        SettingsError: the configuration has no demo, or its world ends.
    """
    from dagster_project.demo.company import advance_demo_world  # noqa: PLC0415 - numpy and pyarrow

    demo = settings.demo
    if demo is None:
        raise SettingsError(f"{settings.config_path} has no [demo]: only the demo world can be moved on by a day.")
    write_demo(demo, settings.demo_dir)
    try:
        return advance_demo_world(_demo_world(demo), settings.demo_dir)[0]
    except ValueError as error:
        raise SettingsError(f"{settings.config_path}, demo.until: {error}. Set a later one.") from None


def _demo_world(demo: DemoSettings) -> "World":
    from dagster_project.demo.block import World  # noqa: PLC0415 - numpy and pyarrow

    return World(demo.account_count, demo.day_count, demo.until, demo.seed, demo.planted)
