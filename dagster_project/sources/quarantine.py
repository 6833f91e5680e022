"""Rows of a landed batch that break an expectation move to its rejections, each with the expectation as its reason."""

from collections.abc import Mapping
from dataclasses import replace

import duckdb

from dagster_project.sources.file_mapping import text_literal
from dagster_project.sources.landing import LandedBatch


def reject_rows(batch: LandedBatch, bad_rows: Mapping[str, str]) -> LandedBatch:
    """The batch without the rows that meet a condition of `bad_rows` (reason to SQL); those are kept as rejections."""
    if not bad_rows:
        return batch
    reasons = " ".join(f"when {condition} then {text_literal(reason)}" for reason, condition in bad_rows.items())
    rows, rejected = text_literal(str(batch.rows_path)), text_literal(str(batch.rejected_path))
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"create table rejections as select * from read_parquet({rejected})")
        connection.execute(
            f"create table judged as select landed, case {reasons} end as reason from read_parquet({rows}) as landed"
        )
        connection.execute(
            "insert into rejections by name select landed._row_number as row_number, reason, "
            "cast(to_json(landed) as varchar) as source_row from judged where reason is not null"
        )
        [(count,)] = connection.execute("select count(*) from judged where reason is not null").fetchall()
        kept = "select unnest(landed) from judged where reason is null order by landed._row_number"
        for query, path in ((kept, batch.rows_path), ("select * from rejections", batch.rejected_path)):
            waiting = path.with_suffix(".waiting")
            connection.execute(f"copy ({query}) to {text_literal(str(waiting))} (format parquet)")
            waiting.replace(path)
    return replace(batch, rows_rejected=batch.rows_rejected + count)
