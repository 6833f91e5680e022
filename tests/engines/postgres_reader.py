"""A reader of the schema `published`, at read committed: `python postgres_reader.py URL` reads until its input ends.

It asks for the generations of all tables in one statement, and then once more in a statement for each table.
"""

import json
import sys
import threading

import psycopg2

TABLES = ("fct_a", "fct_b", "fct_c")
OF_ONE = "select generation, count(*) - generation from published.{} group by generation"
OF_ALL = " union ".join(f"(select generation from published.{table})" for table in TABLES)


def wait_for_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


def main() -> None:
    ended = threading.Event()
    threading.Thread(target=wait_for_end, args=(ended,), daemon=True).start()
    seen: list[int] = []
    errors: list[str] = []
    reads = mixed = mixed_between_statements = wrong_counts = 0
    connection = psycopg2.connect(sys.argv[1])
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("set role bansou_reader")
    while not ended.is_set():
        try:
            cursor.execute(OF_ALL)
            found = {row[0] for row in cursor.fetchall()}
            one_by_one = set()
            for number, table in enumerate(TABLES):
                cursor.execute(OF_ONE.format(table))
                rows = cursor.fetchall()
                wrong_counts += len(rows) != 1 or rows[0][1] != number
                one_by_one |= {row[0] for row in rows}
        except psycopg2.Error as error:
            errors.append(str(error))
            continue
        if not reads:
            print("reading", flush=True)
        reads += 1
        mixed += len(found) != 1
        mixed_between_statements += len(one_by_one) != 1
        seen += [generation for generation in found if seen[-1:] != [generation]]
    told = {"reads": reads, "mixed": mixed, "mixed_between_statements": mixed_between_statements, "seen": seen}
    print(json.dumps(told | {"wrong_counts": wrong_counts, "errors": errors}))


if __name__ == "__main__":
    main()
