"""What becomes of each paid contract when its end comes: renewed, mostly in time, or ended for good."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from dagster_project.demo.accounts import SMALL_BLOCK, Account, by_account
from dagster_project.demo.contracts import Contract
from dagster_project.demo.endings import Ending
from dagster_project.demo.window import days_after, working_moment

LATE_RENEWAL_SHARE = 0.04  # of the renewals of longer terms are signed after the end
SHORTEST_DELAY_DAYS = 3
LONGEST_DELAY_DAYS = {"quarterly": 38, "annual": 60}  # before anybody thinks of the next end; a month renews by itself
OPEN_RENEWALS = 3  # per block are due before the first today and signed after it, one in blocks under 30 accounts
RIVAL_SHARE = 0.6  # of the one-off customers who leave with a cause go to a rival


@dataclass(frozen=True)
class Decision:
    """What became of a contract; there is none where it is still open."""

    contract: Contract
    follower: Contract | None
    outcome: str
    decided_date: date
    known_at: datetime

    @property
    def is_late(self) -> bool:
        """True where the renewal was signed after the end."""
        return self.follower is not None and self.decided_date > self.contract.last_end_date


def draw_decisions(
    accounts: Sequence[Account],
    contracts: Iterable[Contract],
    endings: Mapping[str, Ending],
    rng: np.random.Generator,
) -> list[Decision]:
    """One decision for each paid contract that was followed or ended for good, in order."""
    contracts_of = by_account(accounts, (contract for contract in contracts if not contract.is_trial))
    decisions: list[Decision] = []
    for account in (account for account in accounts if account.is_customer):
        paid, ending = contracts_of[account.account_id], endings.get(account.account_id)
        for contract, follower in zip(paid, [*paid[1:], None], strict=False):
            if follower is not None:
                decisions.append(_followed(contract, follower, account, rng))
            elif ending is not None:
                decisions.append(_ended(contract, ending, rng))
    return decisions


def _followed(contract: Contract, follower: Contract, account: Account, rng: np.random.Generator) -> Decision:
    told = in_time(contract, follower)
    longest = LONGEST_DELAY_DAYS.get(contract.billing_frequency)
    if rng.random() >= LATE_RENEWAL_SHARE or longest is None or told.outcome != "renewed":
        return told
    day = days_after(contract.end_date, SHORTEST_DELAY_DAYS, longest, rng)
    late = _late(told, day, working_moment(day, account.country, rng))
    return late if follower.cut_to is None else told


def in_time(contract: Contract, follower: Contract) -> Decision:
    """The decision that is known with the contract that follows."""
    outcome = "renewed" if contract.cut_to is None else "superseded"
    return Decision(contract, follower, outcome, follower.signed_date, follower.known_at + timedelta(hours=1))


def _late(told: Decision, day: date, moment: datetime) -> Decision:
    return replace(told, decided_date=day, known_at=moment + timedelta(hours=1))


def _ended(contract: Contract, ending: Ending, rng: np.random.Generator) -> Decision:
    may_go_to_rival = contract.contract_model == "one_off" and ending.has_cause
    outcome = "replaced" if may_go_to_rival and rng.random() < RIVAL_SHARE else "churned"
    return Decision(contract, None, outcome, ending.notice_at.date(), ending.notice_at + timedelta(hours=21))


def left_open(
    decisions: Sequence[Decision], accounts: Sequence[Account], until: date, rng: np.random.Generator
) -> list[Decision]:
    """The decisions, a few of them now late so that they are still open at the end of the day `until`."""
    fewer = 1 if len(accounts) < SMALL_BLOCK else OPEN_RENEWALS
    country = {account.account_id: account.country for account in accounts}
    free = [place for place, told in enumerate(decisions) if _may_stay_open(told, until)]
    changed = list(decisions)
    for number in rng.permutation(len(free))[:fewer]:
        told = decisions[free[number]]
        day = days_after(until, 1, (_last_day(told.contract) - until).days, rng)
        changed[free[number]] = _late(told, day, working_moment(day, country[told.contract.account_id], rng))
    return changed


def _may_stay_open(told: Decision, until: date) -> bool:
    contract, follower = told.contract, told.follower
    is_plain = contract.billing_frequency in LONGEST_DELAY_DAYS and told.outcome == "renewed" and not told.is_late
    is_whole = follower is not None and follower.cut_to is None
    return (
        is_plain
        and is_whole
        and (until - contract.end_date).days >= SHORTEST_DELAY_DAYS
        and until < _last_day(contract)
    )


def _last_day(contract: Contract) -> date:
    return contract.end_date + timedelta(days=LONGEST_DELAY_DAYS[contract.billing_frequency])


def signed(contracts: Sequence[Contract], decisions: Iterable[Decision]) -> tuple[list[Contract], list[Decision]]:
    """The contracts with their late signatures, and the decisions about these contracts."""
    late = {told.follower.contract_id: told for told in decisions if told.follower is not None and told.is_late}
    written = {
        contract.contract_id: _signed_late(contract, late[contract.contract_id])
        if contract.contract_id in late
        else contract
        for contract in contracts
    }
    told_again = [
        replace(
            told,
            contract=written[told.contract.contract_id],
            follower=None if told.follower is None else written[told.follower.contract_id],
        )
        for told in decisions
    ]
    return list(written.values()), told_again


def _signed_late(contract: Contract, told: Decision) -> Contract:
    return replace(
        contract,
        signed_date=told.decided_date,
        known_at=told.known_at - timedelta(hours=1),
        expected_date=contract.signed_date,
    )
