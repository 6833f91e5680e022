"""Customers who left and come back months later, by a new contract that follows none."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from dagster_project.demo.accounts import Account, by_account
from dagster_project.demo.contracts import HORIZON_DAYS, TERM_DAYS, Contract
from dagster_project.demo.endings import Ending
from dagster_project.demo.settling import Decision, in_time
from dagster_project.demo.window import Window, days_after, working_moment

RETURN_SHARE = 0.03  # of those who leave
AWAY_DAYS = (100, 200)
SIGNED_DAYS_BEFORE = 10
RENEWAL_LEAD_DAYS = 20
GONE_FOR_GOOD = "company_closed"


def draw_returns(
    accounts: Sequence[Account],
    contracts: Sequence[Contract],
    endings: Mapping[str, Ending],
    window: Window,
    rng: np.random.Generator,
) -> list[Contract]:
    """The terms of those who come back within the window, at their last price; whoever left a one-off sale does not."""
    contracts_of = by_account(accounts, contracts)
    horizon = window.last_day + timedelta(days=HORIZON_DAYS)
    free: list[tuple[Account, Contract, date]] = []
    for account in accounts:
        ending, away_days = endings.get(account.account_id), int(rng.integers(AWAY_DAYS[0], AWAY_DAYS[1] + 1))
        if ending is None or ending.reason_code == GONE_FOR_GOOD:
            continue
        last, start = contracts_of[account.account_id][-1], ending.churn_date + timedelta(days=away_days)
        if start <= window.last_day and last.contract_model != "one_off":
            free.append((account, last, start))
    found: list[Contract] = []
    for number in rng.permutation(len(free))[: round(RETURN_SHARE * len(endings))]:
        account, last, start = free[number]
        term = _first_again(account, last, start, rng)
        found.append(term)
        while term.end_date <= horizon:
            term = _renewed(term, account, rng)
            found.append(term)
    return found


def _first_again(account: Account, last: Contract, start: date, rng: np.random.Generator) -> Contract:
    signed = days_after(start, -SIGNED_DAYS_BEFORE, 0, rng)
    return replace(
        last,
        contract_id=_next_id(last),
        previous_contract_id=None,
        signed_date=signed,
        start_date=start,
        end_date=start + timedelta(days=TERM_DAYS[last.billing_frequency]),
        known_at=working_moment(signed, account.country, rng),
        expected_date=None,
        cut_to=None,
        cut_known_at=None,
    )


def _next_id(last: Contract) -> str:
    return f"{last.contract_id[:-2]}{int(last.contract_id[-2:]) + 1:02d}"


def _renewed(term: Contract, account: Account, rng: np.random.Generator) -> Contract:
    signed = days_after(term.end_date, -RENEWAL_LEAD_DAYS, -2, rng)
    return replace(
        term,
        contract_id=_next_id(term),
        previous_contract_id=term.contract_id,
        signed_date=signed,
        start_date=term.end_date,
        end_date=term.end_date + timedelta(days=TERM_DAYS[term.billing_frequency]),
        known_at=working_moment(signed, account.country, rng),
    )


def return_decisions(terms: Sequence[Contract]) -> list[Decision]:
    """One decision for each term that another follows; whoever came back stays."""
    return [in_time(term, after) for term, after in pairwise(terms) if after.previous_contract_id == term.contract_id]
