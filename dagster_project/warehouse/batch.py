"""A landed batch on its way into raw, in one transaction: which of its rows are new, and what became of the others."""

import json
from collections.abc import Sequence
from datetime import date, datetime

import pyarrow.parquet as pq

from dagster_project.contract import Entity
from dagster_project.sources.file_mapping import SOURCE_IS_RECONSTRUCTED, quoted, text_literal
from dagster_project.sources.forgotten import without_person
from dagster_project.sources.landing import LandedBatch
from dagster_project.warehouse.interface import LoadResult, WarehouseError
from dagster_project.warehouse.raw_tables import LEDGER_TABLES, raw_columns
from dagster_project.warehouse.session import Session, one, timestamp_literal

# A key that was seen within so many days of arrival is the same event, delivered again.
EVENT_ARRIVAL_DAYS = 30
SECONDS_PER_HOUR = 3600
REMOVED_HASH = "removed"
DELETED_COLUMN = "is_deleted"


def load_batch(
    session: Session,
    batch: LandedBatch,
    entity: Entity,
    loaded_at: datetime,
    earliest_known_at: datetime,
    *,
    is_pinned: bool,
) -> LoadResult:
    """Move a landed batch into raw.

    Raises:
        WarehouseError: raw has it already.
    """
    if one(session, f"select count(*) from raw.batches where load_id = {text_literal(batch.load_id)}"):
        raise WarehouseError(f"The batch {batch.load_id} is in raw already.")
    number = one(session, "select coalesce(max(load_number), 0) + 1 from raw.batches")
    is_first = not one(
        session,
        f"select count(*) from raw.batches where source_name = {text_literal(batch.source_name)} "
        f"and entity = {text_literal(batch.entity)}",
    )
    _stage_incoming(session, batch, entity, loaded_at, earliest_known_at, takes_source_time=is_first or is_pinned)
    judge = _judge_versions if entity.kind == "versions" else _judge_events
    judge(session, batch, loaded_at)
    new_count = _count_new(session, batch, entity)
    _append(session, batch, entity, number, loaded_at)
    removed_count = _remove(session, batch, entity, number, loaded_at, takes_source_time=is_first or is_pinned)
    return _record(session, batch, entity, number, loaded_at, new_count=new_count, removed_count=removed_count)


def forget_in_table(
    session: Session, table: str, entity: Entity, source_name: str, person_ids: Sequence[str], *, pseudonym: str
) -> int:
    """Give a source's persons a pseudonym in a raw table and take their words and names out; rows changed."""
    source, name = text_literal(source_name), text_literal(pseudonym)
    ids = ", ".join(map(text_literal, person_ids))
    # A rejected row is kept as JSON text, in which the key is a value.
    for each in person_ids:
        as_value = text_literal(f"%{json.dumps(each, ensure_ascii=False)}%".replace("_", "\\_"))
        session.run(
            f"update raw.rejected_rows set value = null, source_row = null where source_name = {source} "
            f"and (value = {text_literal(each)} or source_row like {as_value} escape '\\')"
        )
    if not entity.person_ids:
        return 0
    condition = f"_source_name = {source} and ({' or '.join(f'{column} in ({ids})' for column in entity.person_ids)})"
    count = int(one(session, f"select count(*) from raw.{table} where {condition}"))
    changed = without_person(entity, name)
    if set(entity.key) & set(entity.person_ids):
        new_key = text_literal(f"{source_name}:{pseudonym}")
        changed["_record_key"] = new_key
        keys = ", ".join(text_literal(f"{source_name}:{each}") for each in person_ids)
        session.run(
            f"update raw.current_rows set record_key = {new_key} "
            f"where table_name = {text_literal(table)} and record_key in ({keys})"
        )
    assigned = ", ".join(f"{quoted(column)} = {value}" for column, value in changed.items())
    session.run(f"update raw.{table} set {assigned} where {condition}")
    return count


def _stage_incoming(
    session: Session,
    batch: LandedBatch,
    entity: Entity,
    loaded_at: datetime,
    earliest_known_at: datetime,
    *,
    takes_source_time: bool,
) -> None:
    """The landed rows with the time at which each could have been known, written once and for ever."""
    if takes_source_time:
        delay = round(batch.source_delay_hours * SECONDS_PER_HOUR)
        assumed = entity.event_time or timestamp_literal(earliest_known_at)
        known_at = f"coalesce(_source_time + interval '{delay}' second, {assumed})"
        reconstructed = "true" if batch.is_reconstructed else "_source_time is null"
        if SOURCE_IS_RECONSTRUCTED in pq.read_schema(batch.rows_path).names:
            reconstructed = f"coalesce({SOURCE_IS_RECONSTRUCTED}, false) or {reconstructed}"
    else:
        known_at, reconstructed = timestamp_literal(loaded_at), "false"
    landed = session.landed(batch.rows_path, "landed_rows")
    session.run(
        f"create temporary table incoming as select landed.*, cast({known_at} as timestamp) as _known_at, "
        f"{reconstructed} as _is_reconstructed from {landed} as landed"
    )


def _judge_versions(session: Session, batch: LandedBatch, loaded_at: datetime) -> None:  # noqa: ARG001
    """Decide for each incoming row whether it is a new version of its record.

    Where one key comes twice for one moment, the later row stands and the earlier is rejected. A row older than
    the newest that is held was superseded before it came, and is no predecessor of the rows that came with it.
    """
    session.run(
        f"""
        create temporary table judged as
        with held as (
            select record_key, row_hash, source_time from raw.current_rows
            where table_name = {text_literal(batch.table_name)}
        ),
        ranked as (
            select
                _row_number,
                _record_key,
                _row_hash,
                _source_time,
                _known_at,
                first_value(_row_hash) over same_moment as standing_hash,
                first_value(_source_time) over same_moment as standing_time,
                row_number() over same_moment as rank_in_moment
            from incoming
            window same_moment as (
                partition by _record_key, _known_at order by _source_time desc nulls last, _row_number desc
            )
        ),
        standing as (
            select
                ranked._row_number,
                case
                    when ranked._source_time < held.source_time then 'superseded'
                    when ranked._row_hash is not distinct from coalesce(
                        lag(ranked._row_hash) over (
                            partition by ranked._record_key, coalesce(ranked._source_time < held.source_time, false)
                            order by ranked._known_at
                        ),
                        held.row_hash
                    ) then 'unchanged'
                    else 'loaded'
                end as outcome
            from ranked
            left join held on ranked._record_key = held.record_key
            where ranked.rank_in_moment = 1
        )
        select
            incoming.*,
            case
                when ranked.rank_in_moment = 1 then standing.outcome
                when ranked._row_hash = ranked.standing_hash then 'unchanged'
                when ranked._source_time < ranked.standing_time then 'superseded'
                else 'repeated_key'
            end as _outcome
        from incoming
        inner join ranked on incoming._row_number = ranked._row_number
        left join standing on incoming._row_number = standing._row_number
        """
    )


def _judge_events(session: Session, batch: LandedBatch, loaded_at: datetime) -> None:
    """Decide for each incoming event whether it is new; only recent arrivals are searched, never all of raw.

    Most keys come once, so that only those that come again are put in order.
    """
    session.run(
        f"""
        create temporary table judged as
        with recent as (
            select _record_key, _row_hash from raw.{batch.table_name}
            where _loaded_at >= {timestamp_literal(loaded_at)} - interval '{EVENT_ARRIVAL_DAYS}' day
        ),
        repeated as (select _record_key from incoming group by _record_key having count(*) > 1),
        ranked as (
            select
                _row_number,
                first_value(_row_hash) over one_key as first_hash,
                row_number() over one_key as rank_in_batch
            from incoming
            where _record_key in (select _record_key from repeated)
            window one_key as (partition by _record_key order by _row_number)
        )
        select
            incoming.*,
            case
                when coalesce(recent._row_hash, ranked.first_hash, incoming._row_hash) <> incoming._row_hash
                    then 'event_changed'
                when recent._record_key is not null or ranked.rank_in_batch > 1 then 'unchanged'
                else 'loaded'
            end as _outcome
        from incoming
        left join ranked on incoming._row_number = ranked._row_number
        left join recent on incoming._record_key = recent._record_key
        """
    )


def _append(session: Session, batch: LandedBatch, entity: Entity, number: int, loaded_at: datetime) -> None:
    columns = list(raw_columns(entity))
    given = {
        "_source_name": text_literal(batch.source_name),
        "_is_removed": "false",
        "_load_number": str(number),
        "_loaded_at": timestamp_literal(loaded_at),
    }
    session.run(
        f"insert into raw.{batch.table_name} ({', '.join(columns)}) "
        f"select {', '.join(given.get(name, name) for name in columns)} from judged where _outcome = 'loaded' "
        f"order by _known_at, _row_number"
    )
    if entity.kind == "versions":
        session.run(
            "create temporary table newest as select _record_key, _row_hash as row_hash, source_time from ("
            "select _record_key, _row_hash, max(_source_time) over (partition by _record_key) as source_time, "
            "row_number() over (partition by _record_key order by _known_at desc) as rank_of_record "
            "from judged where _outcome = 'loaded') as ranked where rank_of_record = 1"
        )
        table = text_literal(batch.table_name)
        session.run(
            f"delete from raw.current_rows where table_name = {table} "
            f"and record_key in (select _record_key from newest)"
        )
        session.run(f"insert into raw.current_rows select {table}, _record_key, row_hash, source_time from newest")


def _count_new(session: Session, batch: LandedBatch, entity: Entity) -> int:
    """Records among the rows to be loaded that raw does not hold; events are each of their own."""
    if entity.kind == "events":
        return int(one(session, "select count(*) from judged where _outcome = 'loaded'"))
    return int(
        one(
            session,
            "select count(distinct _record_key) from judged where _outcome = 'loaded' and _record_key not in "
            f"(select record_key from raw.current_rows where table_name = {text_literal(batch.table_name)})",
        )
    )


def _remove(
    session: Session, batch: LandedBatch, entity: Entity, number: int, loaded_at: datetime, *, takes_source_time: bool
) -> int:
    """Note in a row of its own that a record is gone, with what was last known of it; the number of records.

    An entity that tells of deletion itself has it told in its own column, so that the record stays in sight.
    """
    if batch.removed_path is None:
        return 0
    table, moment = text_literal(batch.table_name), timestamp_literal(loaded_at)
    told = session.landed(batch.removed_path, "landed_removals")
    session.run(
        f"create temporary table removals as select held.record_key, max(told.removed_at) as removed_at "
        f"from {told} as told inner join raw.current_rows as held on held.table_name = {table} "
        f"and held.record_key = {text_literal(batch.source_name + ':')} || told.record_key "
        f"where held.row_hash <> {text_literal(REMOVED_HASH)} group by held.record_key"
    )
    known_at = f"greatest(coalesce(removals.removed_at, {moment}), newest._known_at)" if takes_source_time else moment
    given = {
        "_row_hash": text_literal(REMOVED_HASH),
        "_load_number": str(number),
        "_is_reconstructed": "false",
        "_is_removed": "true",
        "_loaded_at": moment,
        "_known_at": known_at,
    }
    if DELETED_COLUMN in entity.column_names:
        given |= {DELETED_COLUMN: "true", "_is_removed": "false"}
    columns = list(raw_columns(entity))
    session.run(
        f"insert into raw.{batch.table_name} ({', '.join(columns)}) "
        f"select {', '.join(given.get(name, f'newest.{name}') for name in columns)} from ("
        f"select told.*, row_number() over (partition by _record_key order by _known_at desc, _load_number desc) "
        f"as place from raw.{batch.table_name} as told where _record_key in (select record_key from removals)"
        f") as newest inner join removals on newest._record_key = removals.record_key where newest.place = 1"
    )
    session.run(
        f"update raw.current_rows set row_hash = {text_literal(REMOVED_HASH)} where table_name = {table} "
        f"and record_key in (select record_key from removals)"
    )
    return int(one(session, "select count(*) from removals"))


def _record(
    session: Session,
    batch: LandedBatch,
    entity: Entity,
    number: int,
    loaded_at: datetime,
    *,
    new_count: int,
    removed_count: int,
) -> LoadResult:
    """Write the ledger: counts, files, columns fed, and every rejected row with its reason."""
    outcomes: dict[str, int] = {
        str(outcome): int(count)
        for outcome, count in session.all("select _outcome, count(*) from judged group by _outcome")
    }
    rejected_here = outcomes.get("repeated_key", 0) + outcomes.get("event_changed", 0)
    result = LoadResult(
        rows_read=batch.rows_read,
        rows_filtered=batch.rows_filtered,
        rows_loaded=outcomes.get("loaded", 0),
        rows_unchanged=outcomes.get("unchanged", 0),
        rows_superseded=outcomes.get("superseded", 0),
        rows_rejected=batch.rows_rejected + rejected_here,
        rows_new=new_count,
        rows_removed=removed_count,
    )
    event_date = f"cast({entity.event_time} as date)" if entity.event_time else "cast(_known_at as date)"
    earliest: date | None = one(
        session, f"select min(least({event_date}, cast(_known_at as date))) from judged where _outcome = 'loaded'"
    )
    source, told, moment = text_literal(batch.source_name), text_literal(batch.entity), timestamp_literal(loaded_at)
    newest: datetime | None = one(session, "select max(_known_at) from judged")
    session.insert(
        "raw.batches",
        list(LEDGER_TABLES["batches"]),
        [
            [
                *(number, batch.load_id, batch.source_name, batch.source_type, batch.entity, result.rows_read),
                *(result.rows_filtered, result.rows_loaded, result.rows_unchanged, result.rows_superseded),
                *(result.rows_rejected, result.rows_new, result.rows_removed, batch.source_state),
                *(earliest, newest, loaded_at),
            ]
        ],
    )
    session.insert(
        "raw.batch_files",
        list(LEDGER_TABLES["batch_files"]),
        [
            [number, batch.source_name, batch.entity, file.path, file.fingerprint, file.size_bytes, file.row_count]
            for file in batch.files
        ],
    )
    fed = {
        name
        for (name,) in session.all(
            f"select column_name from raw.fed_columns where source_name = {source} and entity = {told}"
        )
    }
    session.insert(
        "raw.fed_columns",
        list(LEDGER_TABLES["fed_columns"]),
        [[batch.source_name, batch.entity, name, number] for name in batch.fed_columns if name not in fed],
    )
    session.run(
        f"insert into raw.rejected_rows select {number}, {source}, {told}, file_path, row_number, column_name, reason, "
        f"value, source_row, {moment} from {session.landed(batch.rejected_path, 'landed_rejections')} as landed"
    )
    session.run(
        f"insert into raw.rejected_rows select {number}, {source}, {told}, null, _row_number, null, _outcome, "
        f"_record_key, cast(to_json(judged) as text), {moment} from judged "
        f"where _outcome in ('repeated_key', 'event_changed')"
    )
    return result
