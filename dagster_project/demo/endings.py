"""Who leaves, when, and what they say: drawn from the hidden value with noise, never from anything measured."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from dagster_project.demo.accounts import DAYS_PER_YEAR, Account, by_account
from dagster_project.demo.contracts import Contract
from dagster_project.demo.window import Row, Window, chosen, days_after, utc_text, working_moment

TRUTH_COLUMNS = (
    *("account_id", "value", "fit", "effort", "attention", "trouble", "value_drift"),
    *("will_churn", "has_cause", "churn_date"),
)
QUIET_START_DAYS = 21  # nobody leaves in the first days of the window, so that there is use before an end
YEARLY_RATE = 0.6  # of leaving with a cause, at a value and a fit of a half
VALUE_SLOPE, FIT_SLOPE = 4.0, 1.0  # how steeply the rate falls as value and fit rise
RATE_NOISE = 0.45  # standard deviation of the logarithm of an account's rate
YEARLY_RATE_WITHOUT_CAUSE = 0.09
EARLY_SHARE = 0.2  # of those who would leave at the end of a long term break it early
EARLY_WAIT_DAYS, EARLY_REST_DAYS = 45, 60  # an early end lies so far into a term, and so far before its end
CAUSELESS_REASONS = {"company_closed": 0.6, "outgrown": 0.4}
UNFIT_REASONS = {"too_much": 0.45, "missing_features": 0.4, "too_expensive": 0.15}
WORTHLESS_REASONS = {"low_adoption": 0.5, "too_expensive": 0.35, "missing_features": 0.15}


@dataclass(frozen=True)
class Ending:
    """An account that leaves: `churn_date` is the first day without a contract."""

    account_id: str
    reason_code: str
    notice_at: datetime
    churn_date: date
    has_cause: bool


def draw_endings(
    accounts: Sequence[Account], contracts: Iterable[Contract], window: Window, rng: np.random.Generator
) -> dict[str, Ending]:
    """The accounts that leave in the window or soon after it, by account id.

    At the end of every paid term an account leaves by a chance that grows with the length of the term and falls
    with the value of that day and the fit; a smaller chance, the same for all, has no cause. Some of those who
    would leave a long term break it early.
    """
    paid = by_account(accounts, (contract for contract in contracts if not contract.is_trial))
    earliest = window.first_day + timedelta(days=QUIET_START_DAYS)
    endings: dict[str, Ending] = {}
    for account in accounts:
        luck = float(np.exp(rng.normal(0, RATE_NOISE)))
        if not account.is_customer:
            continue
        for contract in paid[account.account_id]:
            ending = _ending_of_term(account, contract, earliest, luck, rng)
            if ending is not None:
                endings[account.account_id] = ending
                break
    return endings


def _ending_of_term(
    account: Account, contract: Contract, earliest: date, luck: float, rng: np.random.Generator
) -> Ending | None:
    """The ending that the term brings, if it brings one."""
    chance, chance_without_cause, chance_early = rng.random(3)
    if contract.end_date < earliest:
        return None
    years = (contract.end_date - contract.start_date).days / DAYS_PER_YEAR
    lack = VALUE_SLOPE * (0.5 - account.value_on(contract.end_date)) + FIT_SLOPE * (0.5 - account.fit)
    has_cause = chance < 1 - np.exp(-YEARLY_RATE * luck * np.exp(lack) * years)
    if has_cause:
        first = max(earliest, contract.start_date + timedelta(days=EARLY_WAIT_DAYS))
        room = (contract.end_date - timedelta(days=EARLY_REST_DAYS) - first).days
        if room > 0 and chance_early < EARLY_SHARE:
            churn_date = first + timedelta(days=int(rng.integers(room)))
            return _ending(account, days_after(churn_date, -30, -8, rng), churn_date, has_cause=True, rng=rng)
    elif chance_without_cause >= 1 - np.exp(-YEARLY_RATE_WITHOUT_CAUSE * years):
        return None
    longest_notice = min(40, (contract.end_date - contract.start_date).days // 2)
    notice_day = days_after(contract.end_date, -longest_notice, -8, rng)
    return _ending(account, notice_day, contract.end_date, has_cause=bool(has_cause), rng=rng)


def _ending(
    account: Account,
    notice_day: date,
    churn_date: date,
    *,
    has_cause: bool,
    rng: np.random.Generator,
) -> Ending:
    reasons = CAUSELESS_REASONS
    if has_cause:
        reasons = UNFIT_REASONS if account.fit < account.value_on(churn_date) else WORTHLESS_REASONS
    return Ending(
        account_id=account.account_id,
        reason_code=chosen(reasons, rng),
        notice_at=working_moment(notice_day, account.country, rng),
        churn_date=churn_date,
        has_cause=has_cause,
    )


def with_endings(contracts: Iterable[Contract], endings: Mapping[str, Ending]) -> list[Contract]:
    """The contracts that are really signed, given the endings by account id."""
    signed = []
    for contract in contracts:
        ending = endings.get(contract.account_id)
        if ending is None or contract.end_date <= ending.churn_date:
            signed.append(contract)
        elif contract.start_date < ending.churn_date:
            cut_known_at = ending.notice_at + timedelta(hours=20)
            signed.append(replace(contract, cut_to=ending.churn_date, cut_known_at=cut_known_at))
    return signed


def churn_notice_rows(endings: Iterable[Ending]) -> list[Row]:
    """One row per ending, known on its notice date."""
    return [
        {
            "churn_notice_id": f"N{ending.account_id[1:]}",
            "account_id": ending.account_id,
            "reason_code": ending.reason_code,
            "notice_date": ending.notice_at.date().isoformat(),
            "churn_date": ending.churn_date.isoformat(),
            "updated_at": utc_text(ending.notice_at),
        }
        for ending in endings
    ]


def truth_rows(accounts: Iterable[Account], endings: Mapping[str, Ending]) -> list[Row]:
    """One row per account: what no source may tell."""
    rows: list[Row] = []
    for account in accounts:
        ending = endings.get(account.account_id)
        rows.append(
            {
                "account_id": account.account_id,
                "value": account.value,
                "fit": account.fit,
                "effort": account.effort,
                "attention": account.attention,
                "trouble": account.trouble,
                "value_drift": account.value_drift,
                "will_churn": ending is not None,
                "has_cause": None if ending is None else ending.has_cause,
                "churn_date": None if ending is None else ending.churn_date.isoformat(),
            }
        )
    return rows
