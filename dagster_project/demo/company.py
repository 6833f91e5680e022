"""An invented B2B SaaS company, drawn from a seed block by block and written as the exports of its systems.

Everything is drawn for the whole world, 120 days beyond the first today. A today only filters: an export holds the
rows that are known by then, and the next day's files hold those that became known on it.
"""

import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from dagster_project.demo import accounts as customers
from dagster_project.demo import (
    commerce,
    dirt,
    endings,
    engagement,
    files,
    people,
    product,
    programmes,
    returning,
    second_product,
    settling,
    staff,
    success,
    support,
    support_hours,
    usage,
    voice,
)
from dagster_project.demo import contracts as terms
from dagster_project.demo.block import BLOCK_ACCOUNTS, ROOM_AHEAD_DAYS, Block, Rows, World
from dagster_project.demo.identity import SOURCES, Crosswalk, SourceIds
from dagster_project.demo.planted.world import KEY_COLUMNS, PlantedAccounts
from dagster_project.demo.today import TODAY_FILE, demo_today, note_state, read_state
from dagster_project.demo.window import Row, midnight, months_between, next_month, utc_text

__all__ = [
    "World",
    "advance_demo_world",
    "block_rows",
    "demo_today",
    "draw_block",
    "export_day",
    "truth_folder",
    "world_rows",
    "write_demo_world",
]
TRUTH_FILE, KEY_FILE = "accounts.csv", "planted.csv"
SELLER_ROLE = "sales"


def truth_folder(folder: Path) -> Path:
    """Where the hidden truth of the world in `folder` stands: beside it, never in it."""
    return folder.with_name(f"{folder.name}_truth")


def write_demo_world(world: World, folder: Path) -> dict[str, int]:
    """Write the exports as of `world.until` into `folder`, the hidden truth and the key to what is planted beside it.

    Returns the rows written by file, as a path relative to `folder`; the truth and the key are not counted. Equal
    worlds give files of equal bytes. Either folder appears whole, in place of a former world, or not at all.

    Raises FileExistsError where a folder exists and holds anything else than a former world.
    """
    end = midnight(world.until + timedelta(days=1))
    truth_rows: list[Row] = []
    with (
        files.replaced_folder(truth_folder(folder), [TRUTH_FILE, KEY_FILE]) as truth,
        files.replaced_folder(folder, [*SOURCES, TODAY_FILE]) as written,
    ):
        with files.ExportFiles(written, f"to_{world.until.isoformat()}") as exports:
            _append_world_rows(exports, world, None, end)
            for number in range(world.block_count):
                block = draw_block(world, number)
                crosswalk = _append_block_rows(exports, block, None, end)
                _append_months(exports, block, crosswalk)
                truth_rows += endings.truth_rows(block.accounts, block.endings)
            if world.planted:
                planted = PlantedAccounts(world)
                _append_rows(exports, planted.ids, planted.rows, None, end)
                for month in _months_to(world, world.until):
                    first = max(month, world.window.first_day)
                    last = min(next_month(month) - timedelta(days=1), world.until)
                    exports.append_usage("product", f"events_{month:%Y-%m}", planted.usage(first, last))
                files.write_csv(truth / KEY_FILE, KEY_COLUMNS, planted.key_rows)
        files.write_csv(truth / TRUTH_FILE, endings.TRUTH_COLUMNS, truth_rows)
        note_state(written, world.until, repr(world))
    return exports.counts


def advance_demo_world(world: World, folder: Path) -> tuple[date, dict[str, int]]:
    """Add the files of the next day to the world in `folder`; returns the day and the rows written by file.

    The files of earlier days stay as they are. Where a run breaks off, the next one writes the same day again.

    Raises ValueError where the folder holds another world or none, or the day is more than 120 days ahead.
    """
    noted = read_state(folder)
    if noted is None or noted["world"] != repr(world):
        raise ValueError(f"{folder} does not hold the exports of {world}; write them first")
    day = date.fromisoformat(noted["today"]) + timedelta(days=1)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as staging:
        counts = export_day(world, day, Path(staging))
        files.move_files(Path(staging), folder)
    note_state(folder, day, noted["world"])
    return day, counts


def export_day(world: World, day: date, folder: Path) -> dict[str, int]:
    """Write what became known on a day; returns the rows written by file. An entity without rows gets no file.

    Raises ValueError where the day is not within the 120 days after `world.until`.
    """
    if not world.until < day <= world.window.last_day:
        raise ValueError(
            f"{day} is no day that the demo world can still reveal: it ends {ROOM_AHEAD_DAYS} days after {world.until}"
        )
    begin, end = midnight(day), midnight(day + timedelta(days=1))
    with files.ExportFiles(folder, day.isoformat()) as exports:
        _append_world_rows(exports, world, begin, end)
        for number in range(world.block_count):
            block = draw_block(world, number)
            crosswalk = _append_block_rows(exports, block, begin, end)
            _append_day_of_usage(exports, block, crosswalk, day)
        if world.planted:
            planted = PlantedAccounts(world)
            _append_rows(exports, planted.ids, planted.rows, begin, end)
            exports.append_usage("product", day.isoformat(), planted.usage(day, day))
    return exports.counts


def draw_block(world: World, number: int) -> Block:
    """One block of the world, with the room ahead; equal for equal worlds."""
    window = world.window
    owners = staff.draw_staff(world)
    accounts = customers.draw_accounts(
        world.accounts_in(number),
        number * BLOCK_ACCOUNTS + 1,
        [owner.owner_id for owner in owners if owner.role == SELLER_ROLE],
        window,
        world.generator("accounts", number),
    )
    planned, trials = terms.draw_contracts(accounts, window, world.generator("contracts", number))
    leaving = endings.draw_endings(accounts, planned, window, world.generator("endings", number))
    planned = endings.with_endings(planned, leaving)
    decisions = settling.draw_decisions(accounts, planned, leaving, world.generator("commerce/decisions", number))
    decisions = settling.left_open(decisions, accounts, world.until, world.generator("open_renewals", number))
    contracts, decisions = settling.signed(planned, decisions)
    users = people.draw_users(
        accounts,
        terms.first_seat_counts(contracts),
        terms.service_ends(contracts),
        window,
        world.generator("users", number),
    )
    return Block(
        world=world,
        number=number,
        accounts=accounts,
        contracts=contracts,
        endings=leaving,
        users=users,
        contacts=people.draw_contacts(accounts, users, window, world.generator("contacts", number)),
        features=product.features(window),
        owners=owners,
        trials=trials,
        decisions=decisions,
        second_terms=second_product.draw_second_products(
            accounts, contracts, leaving, window, world.generator("second_product", number)
        ),
        returned_terms=returning.draw_returns(
            accounts, contracts, leaving, window, world.generator("returning", number)
        ),
    )


def world_rows(world: World) -> Rows:
    """The rows that belong to no customer, by entity."""
    rows = {"features": product.feature_rows(product.features(world.window))}
    for part in (
        staff.staff_rows(world),
        commerce.commerce_world_rows(world),
        support_hours.desk_rows(world),
        programmes.programme_rows(world),
    ):
        rows.update(part)
    return rows


def block_rows(block: Block) -> Rows:
    """The rows of a block under our own ids, by entity, before the dirt; usage comes month by month."""
    rows: Rows = {
        "accounts": customers.account_rows(block.accounts, terms.plan_starts(block.contracts)),
        "contacts": people.contact_rows(block.contacts),
        "users": people.user_rows(block.users),
        "contracts": terms.contract_rows(block.all_contracts),
        "churn_notices": endings.churn_notice_rows(block.endings.values()),
        "trials": terms.trial_rows(block.trials),
    }
    for part in (
        commerce.commerce_rows(block),
        support.support_rows(block),
        voice.voice_rows(block),
        success.success_rows(block),
        engagement.engagement_rows(block),
    ):
        rows.update(part)
    return rows


def _append_world_rows(exports: files.ExportFiles, world: World, begin: datetime | None, end: datetime) -> None:
    rows = world_rows(world)
    for source_name, source in SOURCES.items():
        for entity in source.entities:
            if entity in rows:
                exports.append(source_name, entity, _known(rows[entity], begin, end))


def _append_block_rows(exports: files.ExportFiles, block: Block, begin: datetime | None, end: datetime) -> Crosswalk:
    """Write the block's rows known from `begin` until just before `end`; returns the ids used."""
    rows = block_rows(block)
    merges = dirt.draw_merges(block)
    dirt.spoil(rows, block, merges)
    crosswalk = Crosswalk(block, {merge.account_id for merge in merges})
    _append_rows(exports, crosswalk, rows, begin, end)
    return crosswalk


def _append_rows(exports: files.ExportFiles, ids: SourceIds, rows: Rows, begin: datetime | None, end: datetime) -> None:
    """Write rows known from `begin` until just before `end` under the ids of each system."""
    for source_name, entity, told in ids.own_rows(rows):
        exports.append(source_name, entity, _known(told, begin, end))
    for source_name, source in SOURCES.items():
        for entity in source.entities:
            known = _known(rows.get(entity, []), begin, end)
            exports.append(source_name, entity, ids.translated(source_name, known))


def _known(rows: list[Row], begin: datetime | None, end: datetime) -> list[Row]:
    """The rows that became known from `begin` until just before `end`, by time."""
    low, high = utc_text(begin) or "", utc_text(end) or ""
    known = [row for row in rows if low <= str(row["updated_at"]) < high]
    return sorted(known, key=lambda row: str(row["updated_at"]))


def _habits(block: Block, crosswalk: Crosswalk) -> usage.Habits:
    return usage.draw_habits(block, [crosswalk.company_id("product", account.account_id) for account in block.accounts])


def _append_months(exports: files.ExportFiles, block: Block, crosswalk: Crosswalk) -> None:
    """One file per month of event; what is delivered twice stands again in the file of the month after."""
    habits, end = _habits(block, crosswalk), midnight(block.world.until + timedelta(days=1))
    repeated = None
    for month in _months_to(block.world, block.world.until):
        drawn = usage.draw_month(habits, month)
        name = f"events_{month:%Y-%m}"
        exports.append_usage("product", name, usage.joined(drawn.received(None, end), repeated))
        repeated = drawn.repeated(None, end)


def _append_day_of_usage(exports: files.ExportFiles, block: Block, crosswalk: Crosswalk, day: date) -> None:
    """What was received on a day, late or again included; it can only be of that month or the one before."""
    habits, begin, end = _habits(block, crosswalk), midnight(day), midnight(day + timedelta(days=1))
    months = [usage.draw_month(habits, month) for month in list(_months_to(block.world, day))[-2:]]
    parts = [part for drawn in months for part in (drawn.received(begin, end), drawn.repeated(begin, end))]
    exports.append_usage("product", day.isoformat(), usage.joined(*parts))


def _months_to(world: World, day: date) -> Iterator[date]:
    return months_between(world.window.first_day, day)
