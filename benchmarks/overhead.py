"""A daily run against its bare queries: what is left is orchestration."""

import json
import time
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from benchmarks.timing import timed_command


def show(folder: Path, console: Console) -> None:
    """Run the default demo company's day again, then only the SQL that dbt had compiled for it; print both."""
    home = folder / "overhead"
    variables = {"BANSOU_HOME": str(home)}
    timed_command(variables, "run")
    whole, _ = timed_command(variables, "run", "--force")
    nodes, bare = _bare_queries(home)
    table = Table("what", title="A daily run and its bare queries (one round)", title_justify="left")
    table.add_column("seconds", justify="right")
    table.add_row("`make run FORCE=1`: one day again, every check, equal tables", f"{whole:.1f}")
    table.add_row(f"the SQL of its {nodes} models and tests in one DuckDB session", f"{bare:.1f}")
    table.add_row("orchestration: start-up, graph, events, checks of raw, publish", f"{whole - bare:.1f}")
    console.print(table)


def _bare_queries(home: Path) -> tuple[int, float]:
    """Number and seconds of the compiled queries of the last build, each run into a temporary table."""
    results = json.loads((home / "build" / "dbt" / "run_results.json").read_text(encoding="utf-8"))["results"]
    queries = [result["compiled_code"] for result in results if result.get("compiled_code")]
    with duckdb.connect(home / "build" / "warehouse.duckdb", read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        started = time.perf_counter()
        for query in queries:
            connection.execute(
                f"create or replace temp table bare as select * from ({query.rstrip().rstrip(';')}) as q"
            )
        return len(queries), time.perf_counter() - started
