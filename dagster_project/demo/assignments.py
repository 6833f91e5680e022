"""Who of our people looks after which account, from when to when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from dagster_project.demo.accounts import DAYS_PER_YEAR, Account
from dagster_project.demo.staff import Owner, working
from dagster_project.demo.window import Row, any_of, utc_text, working_moment

if TYPE_CHECKING:
    from dagster_project.demo.block import Block

TEAM_OF_SEGMENT = {"enterprise": "TEAM-ENT", "smb": "TEAM-SMB"}
HANDOVER_DAYS = 1100.0  # on average between handovers that no leaving causes
SHORTEST_TENURE_DAYS = 60
SMB_CSM_RATE, SMB_CSM_RATE_OF_ATTENTION = 0.15, 1.3  # spells a year
SMB_CSM_DAYS = (45, 151)
SMB_CSM_GAP_DAYS = 30
SPECIALIST_SHARE, SPECIALIST_SHARE_OF_EFFORT = 0.04, 0.3
SPECIALIST_WAIT_DAYS, SPECIALIST_DAYS = (7, 121), (21, 91)

Spell = tuple[Owner, date, date]


@dataclass(frozen=True)
class Assignment:
    """A person in a role at an account; `end_date` is the first day without, none where it stands at the end."""

    assignment_id: str
    account_id: str
    owner_id: str
    role: str
    reason: str
    start_date: date
    end_date: date | None


def draw_assignments(block: "Block", accounts: Sequence[Account]) -> list[Assignment]:
    """Every account has an account manager; enterprise accounts have a csm, one for a whole group.

    A smaller account gets a csm for some weeks where there is a risk or sales asks for one, a specialist helps some
    accounts after the start. Whoever leaves hands over on that day.
    """
    rng = block.generator("commerce/assignments")
    spells_of_group = _csm_spells_of_groups(block, accounts, rng)
    assignments: list[Assignment] = []
    for account in accounts:
        first, last = block.service_span(account)
        end = last + timedelta(days=1)
        if first >= end:
            continue
        team_id = TEAM_OF_SEGMENT[account.segment]
        told = [("account_manager", "segment", _tenures(block.owners, "account_manager", team_id, (first, end), rng))]
        if account.segment == "enterprise":
            spells = spells_of_group[_group_of(account)]
            told.append(("csm", "segment", _clipped(spells, first, end)))
        else:
            told += _smb_csm_spells(block, account, first, end, rng)
        told += _specialist_spells(block, account, first, end, rng)
        assignments += _numbered(account, told, end, block.window.last_day)
    return assignments


def _group_of(account: Account) -> str:
    return account.corporate_group_id or account.account_id


def _csm_spells_of_groups(
    block: "Block", accounts: Sequence[Account], rng: np.random.Generator
) -> dict[str, list[Spell]]:
    first_days: dict[str, date] = {}
    for account in accounts:
        if account.segment == "enterprise":
            first, group = block.service_span(account)[0], _group_of(account)
            first_days[group] = min(first, first_days.get(group, first))
    end, team_id = block.window.last_day + timedelta(days=1), TEAM_OF_SEGMENT["enterprise"]
    return {group: _tenures(block.owners, "csm", team_id, (first, end), rng) for group, first in first_days.items()}


def _tenures(
    owners: Sequence[Owner], role: str, team_id: str, span: tuple[date, date], rng: np.random.Generator
) -> list[Spell]:
    """Who holds a role over a span without a gap: handed over when one leaves, and now and then besides."""
    day, end = span
    spells: list[Spell] = []
    while day < end:
        last = spells[-1][0] if spells else None
        present = working(owners, role, day, team_id)
        free = [owner for owner in present if owner is not last] or present
        owner = any_of(free, rng)
        until = day + timedelta(days=SHORTEST_TENURE_DAYS + int(rng.exponential(HANDOVER_DAYS)))
        until = min(until, end, owner.left_date or end)
        begin = spells.pop()[1] if owner is last else day
        spells.append((owner, begin, until))
        day = until
    return spells


def _clipped(spells: list[Spell], first: date, end: date) -> list[Spell]:
    told = [(owner, max(begin, first), min(until, end)) for owner, begin, until in spells]
    return [spell for spell in told if spell[1] < spell[2]]


def _smb_csm_spells(
    block: "Block", account: Account, first: date, end: date, rng: np.random.Generator
) -> list[tuple[str, str, list[Spell]]]:
    """More where customer success pays attention; for a risk rather than a request where the value is low."""
    rate = SMB_CSM_RATE + SMB_CSM_RATE_OF_ATTENTION * account.attention
    told: list[tuple[str, str, list[Spell]]] = []
    day = first + timedelta(days=SMB_CSM_GAP_DAYS)
    while True:
        day += timedelta(days=int(rng.exponential(DAYS_PER_YEAR / rate)))
        until = min(end, day + timedelta(days=int(rng.integers(*SMB_CSM_DAYS))))
        if day >= end:
            return told
        reason = "risk" if rng.random() < 0.15 + 0.75 * (1 - account.value_on(day)) else "sales_request"
        told.append(("csm", reason, _tenures(block.owners, "csm", TEAM_OF_SEGMENT["smb"], (day, until), rng)))
        day = until + timedelta(days=SMB_CSM_GAP_DAYS)


def _specialist_spells(
    block: "Block", account: Account, first: date, end: date, rng: np.random.Generator
) -> list[tuple[str, str, list[Spell]]]:
    luck, wait, stay = rng.random(), rng.integers(*SPECIALIST_WAIT_DAYS), rng.integers(*SPECIALIST_DAYS)
    begin = first + timedelta(days=int(wait))
    until = min(end, begin + timedelta(days=int(stay)))
    if luck >= SPECIALIST_SHARE + SPECIALIST_SHARE_OF_EFFORT * account.effort or begin >= until:
        return []
    return [("specialist", "data_connection", _tenures(block.owners, "specialist", "TEAM-SPC", (begin, until), rng))]


def _numbered(
    account: Account, told: list[tuple[str, str, list[Spell]]], end: date, last_day: date
) -> list[Assignment]:
    found = [
        (begin, role, reason if place == 0 else "handover", owner, until)
        for role, reason, spells in told
        for place, (owner, begin, until) in enumerate(spells)
    ]
    found.sort(key=lambda spell: spell[:2])
    return [
        Assignment(
            assignment_id=f"AS{account.account_id[1:]}-{number:02d}",
            account_id=account.account_id,
            owner_id=owner.owner_id,
            role=role,
            reason=reason,
            start_date=begin,
            end_date=None if until == end and end > last_day else until,
        )
        for number, (begin, role, reason, owner, until) in enumerate(found, start=1)
    ]


def account_assignment_rows(block: "Block", assignments: Sequence[Assignment]) -> list[Row]:
    """Rows of the assignments: made, and ended where they are."""
    rng = block.generator("commerce/assignment_moments")
    accounts = {account.account_id: account for account in block.accounts}
    rows: list[Row] = []
    for told in assignments:
        earliest = accounts[told.account_id].signed_up_at + timedelta(hours=1)
        row: Row = {
            "assignment_id": told.assignment_id,
            "account_id": told.account_id,
            "owner_id": told.owner_id,
            "assignment_role": told.role,
            "reason": told.reason,
            "start_date": told.start_date.isoformat(),
            "end_date": None,
            "updated_at": utc_text(max(earliest, working_moment(told.start_date, "JP", rng))),
        }
        rows.append(row)
        if told.end_date is not None:
            ended = utc_text(working_moment(told.end_date, "JP", rng))
            rows.append({**row, "end_date": told.end_date.isoformat(), "updated_at": ended})
    return rows
