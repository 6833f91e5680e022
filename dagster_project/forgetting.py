"""Deletion of a person on request: the one exception to raw being append-only, logged without the person."""

import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from dagster_project.configuration import read_seeds
from dagster_project.contract import input_contract
from dagster_project.facts import keep_fact
from dagster_project.settings import Settings, SettingsError
from dagster_project.sources.forgotten import Forgotten, forget_in_rejections, forget_in_rows
from dagster_project.warehouse.interface import Warehouse


@dataclass(frozen=True)
class Forgetting:
    """What was done; `seeds` are those that name the person still, because people edit them."""

    row_counts: dict[str, int]
    seeds: list[str]


def read_forgotten(settings: Settings, warehouse: Warehouse) -> Forgotten:
    """The salt of this installation, drawn where there is none yet, and everyone forgotten."""
    salt = settings.person_salt
    if salt is None:
        found = warehouse.rows("select salt from raw.salts order by fact_id limit 1")
        salt = found[0]["salt"] if found else secrets.token_hex(16)
        if not found:
            keep_fact(settings, warehouse, "salts", [{"salt": salt}])
    elif warehouse.rows("select salt from raw.salts order by fact_id desc limit 1") != [{"salt": salt}]:
        keep_fact(settings, warehouse, "salts", [{"salt": salt}])
    told = warehouse.rows("select person_hash, pseudonym from raw.forgotten_people")
    return Forgotten(salt, {row["person_hash"]: row["pseudonym"] for row in told})


def forget_person(settings: Settings, warehouse: Warehouse, source_name: str, person_id: str) -> Forgetting:
    """Take a person out of landing and raw, under every key that our sources know the person by.

    The hash of the keys is kept first, so that a request that was stopped is finished by repeating it, and the person
    does not come back when a file is read again. What is built and published holds the person until the next publish.

    Raises:
        SettingsError: no source of that name, or nobody of that key.
    """
    if source_name not in settings.sources:
        raise SettingsError(
            f"{source_name} is no source of {settings.config_path}. It has: {', '.join(settings.sources)}."
        )
    forgotten = read_forgotten(settings, warehouse)
    keys = _keys_of_person(settings, warehouse, source_name, person_id)
    hashes = {forgotten.hash_of(source, key): (source, key) for source, key in keys}
    known = [forgotten.pseudonyms[each] for each in hashes if each in forgotten.pseudonyms]
    pseudonym = known[0] if known else f"forgotten-{secrets.token_hex(6)}"
    new = [
        {
            "source_name": source,
            "person_hash": each,
            "pseudonym": pseudonym,
            "forgotten_at": datetime.now(UTC).replace(tzinfo=None),
        }
        for each, (source, _) in hashes.items()
        if each not in forgotten.pseudonyms
    ]
    keep_fact(settings, warehouse, "forgotten_people", new)
    everyone = Forgotten(forgotten.salt, {**forgotten.pseudonyms, **dict.fromkeys(hashes, pseudonym)})
    counts = _forget_in_landing(settings, everyone, {source for source, _ in keys})
    counts |= _forget_in_raw(settings, warehouse, keys, pseudonym)
    if not known and not any(counts.values()):
        raise SettingsError(f"{source_name} has nobody with the key {person_id}: nothing was changed.")
    seeds = [name for name, text in read_seeds().items() if any(key in text for _, key in keys)]
    return Forgetting({place: count for place, count in counts.items() if count}, seeds)


def drop_copies(settings: Settings, warehouse: Warehouse) -> None:
    """Remove every copy that may hold a forgotten person: all published sets but the newest, candidates, damaged files.

    To be called once a set without the person is published.
    """
    warehouse.compact()
    current = (settings.published_dir / "current").resolve()
    for folder in (settings.published_dir / "sets").iterdir():
        if folder.resolve() != current:
            shutil.rmtree(folder)
    for folder in (settings.failed_candidate_dir, settings.home / "dev"):
        shutil.rmtree(folder, ignore_errors=True)
    for path in settings.build_path.parent.glob("*.damaged-*"):
        path.unlink()


def _keys_of_person(settings: Settings, warehouse: Warehouse, source_name: str, person_id: str) -> set[tuple[str, str]]:
    """Every source and key by which the person is known, as far as the crosswalk and the CRM's contacts say."""
    own_people = {name for name, source in settings.sources.items() if "people" in source.tables}
    sources_with_ours = settings.sources.keys() - own_people
    matched = _matched_people(warehouse)
    keys = {(source_name, person_id)}
    users = {user for source, key, user in matched if (source, key) == (source_name, person_id)}
    users |= {person_id} if source_name in sources_with_ours else set()
    for contact, user in _contacts(settings, warehouse):
        if contact == person_id or user in users:
            keys |= {(source, contact) for source in sources_with_ours}
            users |= {user} if user else set()
    keys |= {(source, user) for source in sources_with_ours for user in users}
    return keys | {(source, key) for source, key, user in matched if user in users}


def _matched_people(warehouse: Warehouse) -> list[tuple[str, str, str]]:
    """Source, key there and our user, of each person that was ever matched; none before the first build."""
    if not warehouse.rows(
        "select 1 as found from information_schema.tables "
        "where table_schema = 'intermediate' and table_name = 'int_people_matched'"
    ):
        return []
    found = warehouse.rows(
        "select distinct source_name, person_id, user_id from intermediate.int_people_matched where user_id is not null"
    )
    return [(row["source_name"], row["person_id"], row["user_id"]) for row in found]


def _contacts(settings: Settings, warehouse: Warehouse) -> list[tuple[str, str | None]]:
    kinds = {source.type for source in settings.sources.values() if "contacts" in source.tables}
    return [
        (row["contact_id"], row["user_id"])
        for kind in sorted(kinds)
        for row in warehouse.rows(f"select distinct contact_id, user_id from raw.{kind}_contacts")
    ]


def _forget_in_landing(settings: Settings, forgotten: Forgotten, sources: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for source_name in sorted(sources):
        for name in settings.sources[source_name].tables:
            for path in (settings.landing_dir / source_name / name).glob("*.parquet"):
                is_rejected = path.name.endswith(".rejected.parquet")
                entity = input_contract()[name]
                counts[f"landing/{source_name}/{name}"] = counts.get(f"landing/{source_name}/{name}", 0) + (
                    forget_in_rejections(path, source_name, forgotten)
                    if is_rejected
                    else forget_in_rows(path, source_name, entity, forgotten)
                )
    return counts


def _forget_in_raw(
    settings: Settings, warehouse: Warehouse, keys: set[tuple[str, str]], pseudonym: str
) -> dict[str, int]:
    counts: dict[str, int] = {}
    for source_name in sorted({source for source, _ in keys}):
        ids = sorted(key for source, key in keys if source == source_name)
        for name in settings.sources[source_name].tables:
            table = f"{settings.sources[source_name].type}_{name}"
            counts[f"raw.{table}"] = counts.get(f"raw.{table}", 0) + warehouse.forget(
                table, input_contract()[name], source_name, ids, pseudonym
            )
    return counts
