"""The engines: the only place that knows which one it is."""

from dagster_project.settings import Settings
from dagster_project.warehouse.interface import Warehouse


def open_warehouse(settings: Settings) -> Warehouse:
    """The warehouse of the configured engine; nothing is opened until it is asked."""
    if settings.engine == "postgres":
        from dagster_project.warehouse.postgres import PostgresWarehouse  # noqa: PLC0415 - load only the engine in use

        return PostgresWarehouse(settings.postgres_url, settings.require_postgres().reader_role)
    from dagster_project.warehouse.duckdb import DuckDBWarehouse  # noqa: PLC0415

    return DuckDBWarehouse(settings.build_path)


def dbt_environment_of_engine(settings: Settings) -> dict[str, str]:
    """What dbt's profile needs to know of the configured engine."""
    if settings.engine == "postgres":
        from psycopg2.extensions import parse_dsn  # noqa: PLC0415

        told = parse_dsn(settings.postgres_url)
        return {
            "BANSOU_POSTGRES_HOST": told.get("host", "localhost"),
            "BANSOU_POSTGRES_PORT": told.get("port", "5432"),
            "BANSOU_POSTGRES_USER": told.get("user", ""),
            "DBT_ENV_SECRET_BANSOU_POSTGRES_PASSWORD": told.get("password", ""),
            "BANSOU_POSTGRES_DATABASE": told.get("dbname", ""),
        }
    return {"BANSOU_WAREHOUSE": str(settings.build_path)}
