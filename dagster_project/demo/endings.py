"""Who leaves, when, and what they say: drawn from the hidden value with noise, never from use."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from dagster_project.demo.accounts import Account
from dagster_project.demo.contracts import Contract
from dagster_project.demo.window import Row, Window, chosen, days_after, utc_text, working_moment

CHURN_NOTICE_COLUMNS = (
    "churn_notice_id",
    "account_id",
    "reason_code",
    "notice_date",
    "churn_date",
    "updated_at",
)
TRUTH_COLUMNS = ("account_id", "value", "fit", "effort", "will_churn", "churn_date")

QUIET_START_DAYS = 21  # nobody leaves in the first days of the window, so that there is use before an end
ENDING_SHARE = 0.17  # of all accounts, within the window
CAUSELESS_SHARE = 0.2  # of the endings
EARLY_SHARE = 0.3  # at most, of the endings
LATER_SHARE = 0.03  # of all accounts, shortly after the last day
LATER_DAYS = 45
RISK_NOISE = 0.18
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
    """The accounts that leave in the window or shortly after it, by account id.

    Most leave at the end of a term; a few, at the worst risk, break a long term early.
    """
    paid: dict[str, list[Contract]] = {}
    for contract in contracts:
        if not contract.is_trial:
            paid.setdefault(contract.account_id, []).append(contract)
    candidates = [account for account in accounts if not account.is_test and account.account_id in paid]
    target = max(2, round(ENDING_SHARE * len(accounts)))
    causeless_left = max(1, round(CAUSELESS_SHARE * target))
    early_left = round(EARLY_SHARE * target)
    later_left = round(LATER_SHARE * len(accounts))

    struck = [candidates[place] for place in rng.permutation(len(candidates))]
    risk = {
        account.account_id: -account.value - 0.2 * account.fit + rng.normal(0, RISK_NOISE) for account in candidates
    }
    by_risk = sorted(candidates, key=lambda account: -risk[account.account_id])
    first_churn_date = window.first_day + timedelta(days=QUIET_START_DAYS)
    endings: dict[str, Ending] = {}

    for account in struck:
        term_ends = _term_ends(paid[account.account_id], first_churn_date, window.last_day)
        if causeless_left and term_ends:
            endings[account.account_id] = _at_term(account, term_ends, has_cause=False, rng=rng)
            causeless_left -= 1
    for account in by_risk:
        if account.account_id in endings or len(endings) >= target:
            continue
        term_ends = _term_ends(paid[account.account_id], first_churn_date, window.last_day)
        breakable = _breakable_days(paid[account.account_id], first_churn_date, window.last_day)
        if term_ends:
            endings[account.account_id] = _at_term(account, term_ends, has_cause=True, rng=rng)
        elif breakable and early_left:
            endings[account.account_id] = _early(account, breakable, rng)
            early_left -= 1
    for account in by_risk:
        term_ends = _term_ends(
            paid[account.account_id],
            window.last_day + timedelta(days=1),
            window.last_day + timedelta(days=LATER_DAYS),
        )
        if later_left and term_ends and account.account_id not in endings:
            endings[account.account_id] = _at_term(account, term_ends, has_cause=True, rng=rng)
            later_left -= 1
    return endings


def _term_ends(contracts: Iterable[Contract], earliest: date, latest: date) -> list[Contract]:
    return [contract for contract in contracts if earliest <= contract.end_date <= latest]


def _breakable_days(contracts: Iterable[Contract], earliest: date, latest: date) -> list[date]:
    """Days at least 45 days into a term and 60 days before its end."""
    days: list[date] = []
    for contract in contracts:
        low = max(earliest, contract.start_date + timedelta(days=45))
        high = min(latest, contract.end_date - timedelta(days=60))
        days += [low + timedelta(days=number) for number in range((high - low).days + 1)]
    return days


def _at_term(account: Account, term_ends: Sequence[Contract], has_cause: bool, rng: np.random.Generator) -> Ending:
    contract = term_ends[int(rng.integers(len(term_ends)))]
    longest_notice = min(40, (contract.end_date - contract.start_date).days // 2)
    notice_day = days_after(contract.end_date, -longest_notice, -8, rng)
    return _ending(account, notice_day, contract.end_date, has_cause=has_cause, rng=rng)


def _early(account: Account, days: Sequence[date], rng: np.random.Generator) -> Ending:
    churn_date = days[int(rng.integers(len(days)))]
    notice_day = days_after(churn_date, -30, -8, rng)
    return _ending(account, notice_day, churn_date, has_cause=True, rng=rng)


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
        reasons = UNFIT_REASONS if account.fit < account.value else WORTHLESS_REASONS
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


def truth_rows(accounts: Iterable[Account], endings: dict[str, Ending]) -> list[Row]:
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
                "will_churn": ending is not None,
                "churn_date": None if ending is None else ending.churn_date.isoformat(),
            }
        )
    return rows
