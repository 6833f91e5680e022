"""The customers: who signed up, when, and what they hold in themselves that no source tells."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from dagster_project.demo.names import account_name
from dagster_project.demo.window import OPENING_HOUR_UTC, Row, Window, chosen, midnight, utc_text

ACCOUNT_COLUMNS = (
    "account_id",
    "account_name",
    "segment",
    "industry",
    "country",
    "acquisition_channel",
    "plan_name",
    "parent_account_id",
    "is_test",
    "signed_up_date",
    "updated_at",
)
LONGEST_HISTORY_DAYS = 540
ENTERPRISE_SHARE = 0.35
SIGN_UP_SECONDS = 5 * 3600  # early in the working day, which leaves time for the first steps on that day
TEST_ACCOUNTS_FROM = 30  # worlds of this size have two test accounts, smaller ones have one

COUNTRIES = {"JP": 0.74, "US": 0.1, "GB": 0.06, "DE": 0.05, "SG": 0.05}
INDUSTRIES = {
    "manufacturing": 0.2,
    "information_technology": 0.25,
    "retail": 0.15,
    "logistics": 0.1,
    "staffing": 0.12,
    "healthcare": 0.1,
    "finance": 0.08,
}
# What a channel promises decides how well its customers fit: the figure is added to the fit.
CHANNELS = {"webinar": 0.25, "referral": 0.15, "search": 0.25, "partner": 0.15, "outbound": 0.2}
CHANNEL_FIT = {"webinar": 0.05, "referral": 0.15, "search": 0.0, "partner": 0.05, "outbound": -0.15}
PLANS = {
    "enterprise": {"enterprise": 0.6, "business": 0.4},
    "smb": {"starter": 0.65, "business": 0.35},
}


@dataclass(frozen=True)
class Account:
    """A customer; `value`, `fit` and `effort` (0..1) are the hidden truth.

    `value` is what the product gives the customer, `fit` how well the product suits the need, `effort` what
    use costs the customer's people.
    """

    account_id: str
    account_name: str
    segment: str
    industry: str
    country: str
    acquisition_channel: str
    first_plan_name: str
    parent_account_id: str | None
    is_test: bool
    signed_up_at: datetime
    value: float
    fit: float
    effort: float


def draw_accounts(count: int, window: Window, rng: np.random.Generator) -> list[Account]:
    """`count` accounts in the order of their sign-up; half of them signed up before the window."""
    early = count // 2
    offsets = np.concatenate(
        [
            -rng.integers(1, LONGEST_HISTORY_DAYS + 1, early),
            rng.integers(0, window.day_count - 3, count - early),
        ]
    )
    sign_up_days = [window.first_day + timedelta(days=int(offset)) for offset in np.sort(offsets)]
    accounts = [_drawn_account(number, day, rng) for number, day in enumerate(sign_up_days, start=1)]
    return _with_subsidiaries(_with_test_accounts(accounts, rng), rng)


def _drawn_account(number: int, sign_up_day: date, rng: np.random.Generator) -> Account:
    segment = "enterprise" if rng.random() < ENTERPRISE_SHARE else "smb"
    country = chosen(COUNTRIES, rng)
    channel = chosen(CHANNELS, rng)
    fit = _share(rng.beta(4, 3) + CHANNEL_FIT[channel])
    return Account(
        account_id=f"A{number:04d}",
        account_name=account_name(number, country),
        segment=segment,
        industry=chosen(INDUSTRIES, rng),
        country=country,
        acquisition_channel=channel,
        first_plan_name=chosen(PLANS[segment], rng),
        parent_account_id=None,
        is_test=False,
        signed_up_at=midnight(sign_up_day)
        + timedelta(hours=OPENING_HOUR_UTC[country], seconds=int(rng.integers(0, SIGN_UP_SECONDS))),
        value=_share(0.35 * fit + 0.65 * rng.beta(1.8, 1.4)),
        fit=fit,
        effort=_share(rng.beta(2, 3)),
    )


def _share(number: float) -> float:
    return round(float(np.clip(number, 0.02, 0.98)), 4)


def _with_test_accounts(accounts: list[Account], rng: np.random.Generator) -> list[Account]:
    test_count = 2 if len(accounts) >= TEST_ACCOUNTS_FROM else 1
    places = {int(place) for place in rng.choice(len(accounts), size=test_count, replace=False)}
    return [
        replace(
            account,
            is_test=True,
            account_name=f"{account.account_name} (test)",
            segment="smb",
            first_plan_name="starter",
        )
        if place in places
        else account
        for place, account in enumerate(accounts)
    ]


def _with_subsidiaries(accounts: list[Account], rng: np.random.Generator) -> list[Account]:
    """A few later enterprise accounts become subsidiaries of the first one or two."""
    enterprises = [account for account in accounts if account.segment == "enterprise"]
    parents, others = enterprises[:2], enterprises[2:]
    picked = rng.permutation(len(others))[: len(accounts) // 20 + 1]
    parent_of = {others[place].account_id: parents[turn % 2].account_id for turn, place in enumerate(picked)}
    return [replace(account, parent_account_id=parent_of.get(account.account_id)) for account in accounts]


def account_rows(accounts: Iterable[Account], plan_starts: Mapping[str, Sequence[tuple[date, str]]]) -> list[Row]:
    """One row per account and state: the sign-up, and every change of plan.

    `plan_starts` gives, by account, the start date and plan of its contracts in order.
    """
    rows = []
    for account in accounts:
        plan_name = account.first_plan_name
        rows.append(_account_row(account, plan_name, account.signed_up_at))
        for start_date, next_plan_name in plan_starts.get(account.account_id, []):
            if next_plan_name != plan_name:
                plan_name = next_plan_name
                rows.append(_account_row(account, plan_name, midnight(start_date)))
    return rows


def _account_row(account: Account, plan_name: str, updated_at: datetime) -> Row:
    return {
        "account_id": account.account_id,
        "account_name": account.account_name,
        "segment": account.segment,
        "industry": account.industry,
        "country": account.country,
        "acquisition_channel": account.acquisition_channel,
        "plan_name": plan_name,
        "parent_account_id": account.parent_account_id,
        "is_test": account.is_test,
        "signed_up_date": account.signed_up_at.date().isoformat(),
        "updated_at": utc_text(updated_at),
    }
