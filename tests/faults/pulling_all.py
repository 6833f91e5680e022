"""Every table of every vendor of a demo world into raw, as a process of its own does it."""

from collections.abc import Mapping
from datetime import date

from dagster_project.demo.vendors import ADDRESS, DEMO_EMAIL, EMAIL, SECRET
from dagster_project.loading import load_all
from dagster_project.settings import FilesSource, Settings, load_settings
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from tests.faults.faulty_vendor import SECRET as SECRET_TOLD


def settings_of(environment: Mapping[str, str], address: str) -> Settings:
    """Settings with the vendors at an address."""
    return load_settings({**environment, ADDRESS: address, EMAIL: DEMO_EMAIL, SECRET: SECRET_TOLD})


def vendor_tables(settings: Settings) -> list[tuple[str, str]]:
    """Source and entity of all that comes over HTTP."""
    return [
        (name, entity)
        for name, source in settings.sources.items()
        if not isinstance(source, FilesSource)
        for entity in source.tables
    ]


def pull_all(environment: Mapping[str, str], address: str) -> None:
    """One pull of all; fails where a table is held."""
    settings = settings_of(environment, address)
    warehouse = DuckDBWarehouse(settings.build_path)
    warehouse.prepare(settings.source_types)
    loaded = load_all(settings, warehouse, vendor_tables(settings), date(2026, 6, 30), ())
    faults = [table.fault for table in loaded if table.fault]
    assert faults == [], faults
