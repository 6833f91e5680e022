"""People who asked to be forgotten: in what lands, their keys become a pseudonym and their words and names nothing.

The facts stay, so that counts of users and uses do not change; whose they are can no longer be told.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from dagster_project.contract import Entity
from dagster_project.sources.file_mapping import quoted, text_literal
from dagster_project.sources.landing import LandedBatch


@dataclass(frozen=True)
class Forgotten:
    """Whom nobody may find again; `pseudonyms` by hash of the person's key."""

    salt: str
    pseudonyms: Mapping[str, str] = field(default_factory=dict)

    def hash_of(self, source_name: str, person_id: str) -> str:
        """What is kept of a key."""
        return hashlib.sha256(f"{self.salt}{source_name}:{person_id}".encode()).hexdigest()


def forget_in_batch(batch: LandedBatch, entity: Entity, forgotten: Forgotten) -> None:
    """Rewrite the rows of a landed batch, and its rejections, where they speak of a forgotten person."""
    if forgotten.pseudonyms:
        forget_in_rows(batch.rows_path, batch.source_name, entity, forgotten)
        forget_in_rejections(batch.rejected_path, batch.source_name, forgotten)


def forget_in_rows(path: Path, source_name: str, entity: Entity, forgotten: Forgotten) -> int:
    """Number of rows changed; a file in which there are none stays as it is."""
    if not entity.person_ids:
        return 0
    hashes = ", ".join(_hash_sql(f"told.{quoted(name)}", source_name, forgotten) for name in entity.person_ids)
    pseudonym = f"(select min(pseudonym) from forgotten where person_hash in ({hashes}))"
    changed = without_person(entity, "_pseudonym")
    if set(entity.key) & set(entity.person_ids):
        changed["_record_key"] = f"{text_literal(source_name + ':')} || _pseudonym"
    replaced = ", ".join(
        f"case when _pseudonym is null then {quoted(name)} else {value} end as {quoted(name)}"
        for name, value in changed.items()
    )
    query = f"select * exclude (_pseudonym) replace ({replaced}) from judged"
    return _rewrite(path, f"select told.*, {pseudonym} as _pseudonym from read_parquet({{}}) as told", query, forgotten)


def without_person(entity: Entity, pseudonym: str) -> dict[str, str]:
    """The columns that change in a row of a forgotten person, and their new values in SQL.

    A source's own record of a person names our user by the pseudonym, also where the mail address alone had told it:
    what the person did there still belongs to the account.
    """
    ids = {name: f"case when {quoted(name)} is not null then {pseudonym} end" for name in entity.person_ids}
    if entity.name == "people":
        ids["external_user_id"] = pseudonym
    return {**ids, **{column.name: "null" for column in entity.columns if column.is_personal}, "_extra": "null"}


def forget_in_rejections(path: Path, source_name: str, forgotten: Forgotten) -> int:
    """Number of rejected rows whose text was emptied, because a value of it is the key of a forgotten person."""
    hashes = _hash_sql("each", source_name, forgotten)
    values = "json_extract_string(case when json_valid(source_row) then source_row else '[]' end, '$.*')"
    known = "(select list(person_hash) from forgotten)"
    found = (
        f"list_has_any([{hashes} for each in {values}], {known}) "
        f"or list_contains({known}, {_hash_sql('value', source_name, forgotten)})"
    )
    query = (
        "select * exclude (_pseudonym) replace (case when _pseudonym is null then value end as value, "
        "case when _pseudonym is null then source_row end as source_row) from judged"
    )
    judged = f"select told.*, case when {found} then 'forgotten' end as _pseudonym from read_parquet({{}}) as told"
    return _rewrite(path, judged, query, forgotten)


def _hash_sql(value: str, source_name: str, forgotten: Forgotten) -> str:
    return f"sha256({text_literal(f'{forgotten.salt}{source_name}:')} || cast({value} as varchar))"


def _rewrite(path: Path, judged: str, query: str, forgotten: Forgotten) -> int:
    with duckdb.connect() as connection:
        connection.execute("create table forgotten (person_hash text, pseudonym text)")
        connection.executemany("insert into forgotten values (?, ?)", list(forgotten.pseudonyms.items()))
        connection.execute(f"create table judged as {judged.format(text_literal(str(path)))}")
        [(count,)] = connection.execute("select count(*) from judged where _pseudonym is not null").fetchall()
        if count:
            waiting = path.with_suffix(".waiting")
            connection.execute(f"copy ({query}) to {text_literal(str(waiting))} (format parquet)")
            waiting.replace(path)
        return int(count)
