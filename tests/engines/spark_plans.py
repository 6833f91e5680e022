"""Run with Spark's packages on the path: has one local session plan every compiled model, and says which it cannot.

Reads a JSON description from standard input: `tables` (name to columns with their Spark types), `models` (name and SQL
in the order of the build), `statements` (SQL that need only parse). Writes the failures as JSON.
"""

import json
import sys
import tempfile
from typing import Any


def failures_of(told: dict[str, Any]) -> dict[str, str]:
    """Name to error of every model that Spark cannot plan, and of every statement that it cannot read."""
    from pyspark.sql import SparkSession  # type: ignore[import-not-found] # noqa: PLC0415 - a path of its own

    with tempfile.TemporaryDirectory() as folder:
        spark = (
            SparkSession.builder.master("local[2]")
            .config("spark.sql.warehouse.dir", folder)
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.ui.enabled", "false")
            .getOrCreate()
        )
        spark.sparkContext.setLogLevel("OFF")
        failures: dict[str, str] = {}
        names = [*told["tables"], *(model["name"] for model in told["models"])]
        for schema in sorted({name.partition(".")[0] for name in names}):
            spark.sql(f"create database if not exists {schema}")
        for name, columns in told["tables"].items():
            listed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            spark.sql(f"create table {name} ({listed}) using parquet")
        for model in told["models"]:
            try:
                planned = spark.sql(model["sql"])
                spark.sql(f"explain {model['sql']}").collect()
            except Exception as error:
                failures[model["name"]] = str(error).partition("JVM stacktrace")[0][:1000]
                continue
            spark.catalog.createTable(model["name"], schema=planned.schema, source="parquet")
        parser = spark._jsparkSession.sessionState().sqlParser()
        for name, statement in told["statements"].items():
            try:
                parser.parsePlan(statement)
            except Exception as error:
                failures[name] = str(error)[:1000]
        spark.stop()
    return failures


if __name__ == "__main__":
    sys.stdout.write(json.dumps(failures_of(json.load(sys.stdin))))
