"""The second product: some customers buy it besides the first, and keep it until they leave."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from dagster_project.demo.accounts import Account, by_account
from dagster_project.demo.contracts import Contract
from dagster_project.demo.endings import Ending
from dagster_project.demo.settling import Decision
from dagster_project.demo.window import Window, working_moment

SECOND_PRODUCT = "Insights"
SECOND_SHARE = 0.12  # of the accounts that stay long enough
PRICE_PERCENT = (15, 26)  # of the first product's price: lowest, and one above the highest
SETTLED_IN_DAYS, TEMPTED_DAYS = 45, 365  # it is bought so long after the first paid term began, within so many days
LONGEST_WAIT_DAYS = 14  # from the signature to the start


def draw_second_products(
    accounts: Sequence[Account],
    contracts: Sequence[Contract],
    endings: Mapping[str, Ending],
    window: Window,
    rng: np.random.Generator,
) -> list[Contract]:
    """The second product's terms of the customers who buy it: each ends with a term of the first product."""
    contracts_of = by_account(accounts, (contract for contract in contracts if not contract.is_trial))
    free: list[tuple[Account, date]] = []
    for account, place in zip(accounts, rng.random(len(accounts)), strict=True):
        start = _start(contracts_of[account.account_id], endings.get(account.account_id), window, float(place))
        if start is not None and account.is_customer:
            free.append((account, start))
    found: list[Contract] = []
    for number in rng.permutation(len(free))[: round(SECOND_SHARE * len(free))]:
        account, start = free[number]
        signed = start - timedelta(days=int(rng.integers(LONGEST_WAIT_DAYS + 1)))
        share = Decimal(int(rng.integers(*PRICE_PERCENT))) / 100
        found += _terms(contracts_of[account.account_id], start, working_moment(signed, account.country, rng), share)
    return found


def _start(paid: Sequence[Contract], ending: Ending | None, window: Window, place: float) -> date | None:
    """A day between settling in and the end or the notice, before a term's renewal is talked of; or none."""
    if not paid:
        return None
    first = paid[0].start_date + timedelta(days=SETTLED_IN_DAYS)
    last = window.last_day if ending is None else ending.notice_at.date() - timedelta(days=1)
    days = (last - first).days
    if days <= 0:
        return None
    start = first + timedelta(days=int(place * min(days, TEMPTED_DAYS)))
    term = next((term for term in paid if start < term.last_end_date), None)
    if term is not None and (term.last_end_date - start).days <= term.renewal_lead_days:
        start = term.last_end_date
    return start if start < min(last, paid[-1].last_end_date) else None


def _terms(paid: Sequence[Contract], start: date, known_at: datetime, share: Decimal) -> list[Contract]:
    beside = [term for term in paid if start < term.last_end_date]
    terms: list[Contract] = []
    for number, term in enumerate(beside, start=1):
        terms.append(
            replace(
                term,
                contract_id=f"C{term.account_id[1:]}-A{number}",
                previous_contract_id=terms[-1].contract_id if terms else None,
                contract_model="subscription",
                product_name=SECOND_PRODUCT,
                seat_count=0,
                mrr_amount=(term.mrr_amount * share).quantize(Decimal("0.01")),
                one_off_amount=None,
                known_at=term.known_at + timedelta(minutes=5),
            )
        )
    terms[0] = replace(terms[0], signed_date=known_at.date(), start_date=start, known_at=known_at, expected_date=None)
    return terms


def second_decisions(second_terms: Sequence[Contract], decisions: Sequence[Decision]) -> list[Decision]:
    """What became of the second product's terms: the same as of the term of the first product that ended with them."""
    decided = {(told.contract.account_id, told.contract.end_date): told for told in decisions}
    found: list[Decision] = []
    followers = {term.previous_contract_id: term for term in second_terms}
    for term in second_terms:
        told = decided.get((term.account_id, term.end_date))
        if told is not None:
            outcome = "churned" if told.outcome == "replaced" else told.outcome
            known_at = told.known_at + timedelta(minutes=10)
            found.append(Decision(term, followers.get(term.contract_id), outcome, told.decided_date, known_at))
    return found
