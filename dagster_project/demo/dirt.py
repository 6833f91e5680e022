"""The broken, corrected, deleted and doubled rows that a real export carries; the counts are exact."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np

from dagster_project.demo.accounts import SMALL_BLOCK, Account
from dagster_project.demo.block import Block, Rows
from dagster_project.demo.contracts import contract_rows
from dagster_project.demo.people import DEPARTMENTS, User, user_rows
from dagster_project.demo.window import Row, chosen, midnight, utc_text, working_moment

USERS_WITHOUT_ACCOUNT = 2  # in the first block
IMPOSSIBLE_CONTRACT_ID = "C99999-01"  # one, in the first block
STRAY_ACCOUNT_NUMBER = "99999"
MERGED_ACCOUNTS = 2  # per block; one in blocks under 30 accounts
CORRECTED_CONTRACTS = 5  # per block before the first today, one in blocks under 30 accounts; then one a day
CORRECTION_DAYS = (5, 40)
DELETED_TICKET_AGE_DAYS = 30  # after the first today one ticket a day is deleted, about this old at most
MERGE_SPAN = (0.4, 0.9)  # of the days before the first today


@dataclass(frozen=True)
class Merge:
    """Two accounts of one customer: from `merged_at` on, the first goes on as the second."""

    account_id: str
    into_account_id: str
    merged_at: datetime


def draw_merges(block: Block) -> list[Merge]:
    """The block's merges; both accounts are customers who stay, and neither belongs to a group."""
    rng = block.generator("merges")
    low, high = (round(share * block.world.day_count) for share in MERGE_SPAN)
    fewer = 1 if len(block.accounts) < SMALL_BLOCK else MERGED_ACCOUNTS
    free = [account for account in block.accounts if _may_merge(account, block, block.world.day_count // 4)]
    picked = [free[place] for place in rng.permutation(len(free))[: 2 * fewer]]
    return [
        Merge(
            account_id=doubled.account_id,
            into_account_id=standing.account_id,
            merged_at=working_moment(block.window.first_day + timedelta(days=int(rng.integers(low, high))), "JP", rng),
        )
        for doubled, standing in zip(picked[::2], picked[1::2], strict=False)
    ]


def _may_merge(account: Account, block: Block, day_number: int) -> bool:
    is_plain = account.is_customer and not account.corporate_group_id
    contracts = block.contracts_of[account.account_id]
    stays = account.account_id not in block.endings and not contracts[-1].is_trial
    return is_plain and stays and account.signed_up_at.date() <= block.window.first_day + timedelta(days=day_number)


def spoil(rows: Rows, block: Block, merges: list[Merge]) -> None:
    """Put merges, corrections and, in the first block, broken rows into the rows of a block."""
    for merge in merges:
        _merge(rows, merge)
    rng = block.generator("dirt")
    rows["contracts"] += _corrections(rows["contracts"], block, rng)
    _delete_tickets(rows, block)
    if block.number == 0:
        rows["users"] += user_rows(_users_without_account(block, rng))
        rows["contracts"].append(_impossible_contract_row(block, rng))


def _merge(rows: Rows, merge: Merge) -> None:
    """The merged account is marked, and its contracts and users go to the other one by new versions."""
    moment = str(utc_text(merge.merged_at))
    mark: Row = {"merged_into_account_id": merge.into_account_id, "is_deleted": True}
    rows["accounts"] = _changed_from(rows["accounts"], "account_id", merge.account_id, moment, mark)
    for entity, key in (("contracts", "contract_id"), ("users", "user_id")):
        moved: Row = {"account_id": merge.into_account_id}
        rows[entity] = _changed_from(rows[entity], key, merge.account_id, moment, moved)


def _changed_from(rows: list[Row], key: str, account_id: str, moment: str, change: Mapping[str, object]) -> list[Row]:
    """The rows with a change to those of an account: its later states, and a new version of what stands then."""
    changed: list[Row] = []
    standing: dict[object, Row] = {}
    for row in rows:
        if row["account_id"] != account_id:
            changed.append(row)
        elif str(row["updated_at"]) > moment:
            changed.append({**row, **change})
        else:
            changed.append(row)
            last = standing.get(row[key])
            if last is None or str(row["updated_at"]) > str(last["updated_at"]):
                standing[row[key]] = row
    return changed + [{**row, **change, "updated_at": moment} for row in standing.values()]


def _corrections(rows: list[Row], block: Block, rng: np.random.Generator) -> list[Row]:
    """Later rows that correct seats and money of contracts already live; every other column stands.

    Some become known before the first today, and one on each day after it.
    """
    versions: dict[object, list[Row]] = {}
    for row in rows:
        versions.setdefault(row["contract_id"], []).append(row)
    # Only what has one version, was signed in time, and becomes known with its correction before the first today.
    last_day = block.world.until - timedelta(days=CORRECTION_DAYS[1])
    free = [
        contract
        for contract in block.contracts
        if len(versions[contract.contract_id]) == 1
        and not contract.is_trial
        and (contract.expected_date or contract.known_at.date()) < last_day
    ]
    drawn = [free[place] for place in rng.permutation(len(free))]
    spare = iter([contract for contract in reversed(drawn) if contract.expected_date is None])
    filled = [contract if contract.expected_date is None else next(spare, None) for contract in drawn]
    picked = [contract for contract in filled if contract is not None]
    if not picked:
        return []
    count = 1 if len(block.accounts) < SMALL_BLOCK else CORRECTED_CONTRACTS
    moments = [
        contract.known_at + timedelta(days=int(rng.integers(*CORRECTION_DAYS)), seconds=17)
        for contract in picked[:count]
    ]
    ahead = block.generator("corrections_ahead")
    moments += [working_moment(day, "JP", ahead) for day in block.world.days_ahead]
    corrected = []
    for number, moment in enumerate(moments):
        contract = picked[number % len(picked)]
        known = versions[contract.contract_id]
        seat_count = int(str(known[-1]["seat_count"])) + int(ahead.integers(1, 6))
        price = contract.mrr_amount / contract.seat_count
        change: Row = {
            "seat_count": seat_count,
            "mrr_amount": (price * seat_count).quantize(Decimal("0.01")),
            "updated_at": utc_text(moment),
        }
        known.append({**known[0], **change})
        corrected.append(known[-1])
    return corrected


def _delete_tickets(rows: Rows, block: Block) -> None:
    """On each day after the first today the desk deletes a ticket that nobody works on any more."""
    rng = block.generator("deleted_tickets")
    last_states = {row["ticket_id"]: row for row in rows["tickets"]}
    free = sorted((row for row in last_states.values() if not row["is_deleted"]), key=_updated_at)
    step_counts = Counter(row["ticket_id"] for row in rows["ticket_status_changes"])
    for day in block.world.days_ahead:
        oldest, newest = (
            bisect_left(free, str(utc_text(midnight(border))), key=_updated_at)
            for border in (day - timedelta(days=DELETED_TICKET_AGE_DAYS), day)
        )
        if oldest == newest:
            continue
        last = free.pop(int(rng.integers(oldest, newest)))
        ticket_id, moment = last["ticket_id"], working_moment(day, "JP", rng)
        rows["tickets"].append({**last, "is_deleted": True, "status": "deleted", "updated_at": utc_text(moment)})
        rows["ticket_status_changes"].append(
            {
                "status_change_id": f"{ticket_id}-S{step_counts[ticket_id] + 1}",
                "ticket_id": ticket_id,
                "old_status": last["status"],
                "new_status": "deleted",
                "changed_at": utc_text(moment),
                "updated_at": utc_text(moment + timedelta(seconds=3)),
            }
        )


def _updated_at(row: Row) -> str:
    return str(row["updated_at"])


def _users_without_account(block: Block, rng: np.random.Generator) -> list[User]:
    """Users who belong to nobody and never log in."""
    return [
        User(
            user_id=f"U{STRAY_ACCOUNT_NUMBER}-{number:03d}",
            account_id="",
            user_name="名無し 権兵衛",
            email=f"stray{number}@unknown-stray.example",
            department=chosen(DEPARTMENTS, rng),
            time_zone=None,
            is_administrator=False,
            created_at=_early_moment(block, rng),
            activated_at=None,
            deactivated_at=None,
            keenness=0.0,
        )
        for number in range(1, USERS_WITHOUT_ACCOUNT + 1)
    ]


def _impossible_contract_row(block: Block, rng: np.random.Generator) -> Row:
    """A contract that no other row mentions, whose start date is 31 February."""
    signed_at = _early_moment(block, rng)
    model = replace(block.contracts[0], contract_id=IMPOSSIBLE_CONTRACT_ID, known_at=signed_at, cut_to=None)
    return {**contract_rows([model])[0], "start_date": f"31/02/{block.world.until.year}"}


def _early_moment(block: Block, rng: np.random.Generator) -> datetime:
    day = block.window.first_day + timedelta(days=int(rng.integers(block.world.day_count // 2)))
    return working_moment(day, "JP", rng)
