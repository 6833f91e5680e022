"""Raw as tables: provenance columns, ledger and state, the same for every engine."""

from dagster_project.contract import Entity

PROVENANCE_COLUMNS = {
    "_extra": "text",
    "_record_key": "text",
    "_row_hash": "text",
    "_source_name": "text",
    "_load_number": "bigint",
    "_is_reconstructed": "boolean",
    "_is_removed": "boolean",
    "_loaded_at": "timestamp",
    "_known_at": "timestamp",
}

LEDGER_TABLES = {
    "batches": {
        "load_number": "bigint",
        "load_id": "text",
        "source_name": "text",
        "source_type": "text",
        "entity": "text",
        "rows_read": "bigint",
        "rows_filtered": "bigint",
        "rows_loaded": "bigint",
        "rows_unchanged": "bigint",
        "rows_superseded": "bigint",
        "rows_rejected": "bigint",
        "rows_new": "bigint",
        "rows_removed": "bigint",
        "source_state": "text",
        "earliest_change_date": "date",
        "newest_known_at": "timestamp",
        "loaded_at": "timestamp",
    },
    "batch_files": {
        "load_number": "bigint",
        "source_name": "text",
        "entity": "text",
        "file_path": "text",
        "fingerprint": "text",
        "size_bytes": "bigint",
        "row_count": "bigint",
    },
    "fed_columns": {
        "source_name": "text",
        "entity": "text",
        "column_name": "text",
        "first_load_number": "bigint",
    },
    "rejected_rows": {
        "load_number": "bigint",
        "source_name": "text",
        "entity": "text",
        "file_path": "text",
        "row_number": "bigint",
        "column_name": "text",
        "reason": "text",
        "value": "text",
        "source_row": "text",
        "loaded_at": "timestamp",
    },
    "current_rows": {
        "table_name": "text",
        "record_key": "text",
        "row_hash": "text",
        "source_time": "timestamp",
    },
    "builds": {
        "build_number": "bigint",
        "build_id": "text",
        "from_date": "date",
        "to_date": "date",
        "as_of_date": "date",
        "last_load_number": "bigint",
        "models_version": "text",
    },
    "begun_builds": {
        "build_id": "text",
        "from_date": "date",
        "after_build_number": "bigint",
    },
}

# What is not delivered but decided or observed here: each fact is a file of the ledger, and rows of one of these.
FACT_TABLES = {
    "configuration_versions": {
        "version_number": "bigint",
        "seed_name": "text",
        "counts_from_date": "date",
        "content": "text",
        "fact_id": "text",
    },
    "salts": {
        "salt": "text",
        "fact_id": "text",
    },
    "forgotten_people": {
        "source_name": "text",
        "person_hash": "text",
        "pseudonym": "text",
        "forgotten_at": "timestamp",
        "fact_id": "text",
    },
    "source_states": {
        "source_name": "text",
        "entity": "text",
        "state": "text",
        "message": "text",
        "since_at": "timestamp",
        "fact_id": "text",
    },
    "runs": {
        "run_id": "text",
        "stage": "text",
        "status": "text",
        "from_date": "date",
        "to_date": "date",
        "started_at": "timestamp",
        "duration_seconds": "numeric(12,3)",
        "row_count": "bigint",
        "publish_id": "text",
        "message": "text",
        "fact_id": "text",
    },
    "check_results": {
        "run_id": "text",
        "stage": "text",
        "table_name": "text",
        "check_name": "text",
        "policy": "text",
        "outcome": "text",
        "rows_scanned": "bigint",
        "failing_row_count": "bigint",
        "failing_rows": "text",
        "message": "text",
        "owner": "text",
        "remedy": "text",
        "as_of_date": "date",
        "checked_at": "timestamp",
        "fact_id": "text",
    },
}


def raw_columns(entity: Entity) -> dict[str, str]:
    """Column name to type of an entity's raw table: the contract's, then where each row came from."""
    return {column.name: column.data_type for column in entity.columns} | PROVENANCE_COLUMNS
