"""The engines: the only place that knows which one it is."""

from dagster_project.settings import Settings
from dagster_project.warehouse.interface import Warehouse


def open_warehouse(settings: Settings) -> Warehouse:
    """The warehouse of the configured engine; nothing is opened until it is asked."""
    from dagster_project.warehouse.duckdb import DuckDBWarehouse  # noqa: PLC0415 - load only the engine in use

    return DuckDBWarehouse(settings.build_path)
