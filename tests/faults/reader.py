"""A reader of published sets that is not ours: any DuckDB, no code of this project.

`python reader.py PUBLISHED WAY PAUSE` reads again and again until its standard input ends, then writes as JSON what it
has seen. PAUSE is the time between finding out where the set lies and opening it.
"""

import json
import sys
import threading
import time
from pathlib import Path

import duckdb

TABLES = ("fct_a", "fct_b", "fct_c")


def generations(connection: duckdb.DuckDBPyConnection, relations: list[str]) -> set[int]:
    """The generations in all tables, each read twice; −1 for a table that has not the rows of its generation."""
    seen = set()
    for number, relation in enumerate(relations * 2):
        for generation, count in connection.execute(
            f"select generation, count(*) from {relation} group by 1"
        ).fetchall():
            seen.add(generation if count == generation + number % len(TABLES) else -1)
    return seen


def of_database(path: Path) -> set[int]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return generations(connection, list(TABLES))


def of_files(folder: Path) -> set[int]:
    with duckdb.connect() as connection:
        return generations(connection, [f"read_parquet('{folder}/parquet/{table}.parquet')" for table in TABLES])


def wait_for_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


def main() -> None:
    published, way, pause = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    ended = threading.Event()
    threading.Thread(target=wait_for_end, args=(ended,), daemon=True).start()
    seen: list[int] = []
    errors: list[str] = []
    reads = mixed = gone = 0
    while not ended.is_set():
        folder = published if way == "database_by_pointer" else (published / "current").resolve()
        time.sleep(pause)
        try:
            found = of_files(folder) if way == "files" else of_database(folder / "marts.duckdb")
        except duckdb.Error as error:
            if folder.exists():
                errors.append(str(error))
            gone += not folder.exists()
            continue
        if not reads:
            print("reading", flush=True)
        reads += 1
        mixed += len(found) != 1
        seen += [generation for generation in found if seen[-1:] != [generation]]
    told = {"reads": reads, "mixed": mixed, "gone": gone, "errors": errors, "seen": seen, "duckdb": duckdb.__version__}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
