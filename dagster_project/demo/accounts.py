"""The customers: who signed up, when, and what they hold in themselves that no source tells."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

import numpy as np

from dagster_project.demo.names import account_domain, account_name
from dagster_project.demo.window import OPENING_HOUR_UTC, Row, Window, any_of, chosen, midnight, utc_text

LONGEST_HISTORY_DAYS = 540
SIGN_UP_SHARE_PER_DAY = 1 / 1500  # of all accounts, on each day of the window; the others came before it
ENTERPRISE_SHARE = 0.35
SIGN_UP_SECONDS = 5 * 3600  # early in the working day, which leaves time for the first steps on that day
ACCOUNTS_PER_GROUP = 30  # one corporate group for so many accounts
GROUP_SIZES = (3, 6)  # accounts of a group: lowest, and one above the highest
SHARED_DOMAINS = 3  # per block, two subsidiaries of one group use one mail domain
SMALL_BLOCK = 30  # blocks under this size have one test account, the others two
UNKNOWN_SELLER_SHARE = 0.06
DAYS_PER_YEAR = 365.0
LARGEST_VALUE_CHANGE = 0.25
LOWEST, HIGHEST = 0.02, 0.98  # of every hidden share: nothing is worth nothing, nothing everything

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
MESSAGES = {
    "営業の入力作業を半分に": 0.3,
    "商談の見える化": 0.3,
    "解約を三か月前に知る": 0.15,
    "採用管理も一つの画面で": 0.15,
    "導入は一日、成果は今月から🎉": 0.1,
}
# What a message promises beyond the product costs fit.
MESSAGE_FIT = {"採用管理も一つの画面で": -0.06, "導入は一日、成果は今月から🎉": -0.1}
PLANS = {
    "enterprise": {"enterprise": 0.6, "business": 0.4},
    "smb": {"starter": 0.65, "business": 0.35},
}


@dataclass(frozen=True)
class Account:
    """A customer; `value`, `fit`, `effort`, `attention` and `trouble` (0..1) are the hidden truth.

    `value` is what the product gives the customer at the sign-up, `fit` how well the product suits the need,
    `effort` what use costs the customer's people. `attention` is how well customer success looks after the
    account, `trouble` how much stays unsolved; the two move the value by `value_drift` a year.
    """

    account_id: str
    account_name: str
    segment: str
    industry: str
    country: str
    domain: str
    acquisition_channel: str
    acquisition_message: str
    first_plan_name: str
    parent_account_id: str | None
    corporate_group_id: str | None
    seller_owner_id: str | None
    is_test: bool
    is_internal: bool
    signed_up_at: datetime
    value: float
    fit: float
    effort: float
    attention: float
    trouble: float

    @property
    def is_customer(self) -> bool:
        """False for tests and for our own company."""
        return not (self.is_test or self.is_internal)

    @property
    def value_drift(self) -> float:
        """Change of the value in a year: attention above a third adds, unsolved trouble takes away."""
        return round(0.15 * (self.attention - 0.35) - 0.25 * self.trouble * (0.5 + self.effort), 4)

    def value_on(self, day: date) -> float:
        """The hidden value (0..1) on a day."""
        years = max(0.0, (day - self.signed_up_at.date()).days / DAYS_PER_YEAR)
        change = min(LARGEST_VALUE_CHANGE, max(-LARGEST_VALUE_CHANGE, self.value_drift * years))
        return min(HIGHEST, max(LOWEST, self.value + change))


def draw_accounts(
    count: int, first_number: int, sellers: Sequence[str], window: Window, rng: np.random.Generator
) -> list[Account]:
    """`count` accounts in the order of their sign-up, numbered from `first_number`.

    The longer the window, the more of them sign up within it. `sellers` are owner ids.
    """
    early = count - round(SIGN_UP_SHARE_PER_DAY * window.day_count * count)
    offsets = np.concatenate(
        [
            -rng.integers(1, LONGEST_HISTORY_DAYS + 1, early),
            rng.integers(0, window.day_count - 3, count - early),
        ]
    )
    sign_up_days = [window.first_day + timedelta(days=int(offset)) for offset in np.sort(offsets)]
    accounts = [
        _drawn_account(number, day, sellers, rng) for number, day in enumerate(sign_up_days, start=first_number)
    ]
    return _with_own_accounts(_with_groups(accounts, rng), rng)


def _drawn_account(number: int, sign_up_day: date, sellers: Sequence[str], rng: np.random.Generator) -> Account:
    segment = "enterprise" if rng.random() < ENTERPRISE_SHARE else "smb"
    country = chosen(COUNTRIES, rng)
    channel, message = chosen(CHANNELS, rng), chosen(MESSAGES, rng)
    fit = _share(rng.beta(4, 3) + CHANNEL_FIT[channel] + MESSAGE_FIT.get(message, 0.0))
    seller = None if not sellers or rng.random() < UNKNOWN_SELLER_SHARE else any_of(sellers, rng)
    return Account(
        account_id=f"A{number:05d}",
        account_name=account_name(number, country),
        segment=segment,
        industry=chosen(INDUSTRIES, rng),
        country=country,
        domain=account_domain(number, country),
        acquisition_channel=channel,
        acquisition_message=message,
        first_plan_name=chosen(PLANS[segment], rng),
        parent_account_id=None,
        corporate_group_id=None,
        seller_owner_id=seller,
        is_test=False,
        is_internal=False,
        signed_up_at=midnight(sign_up_day)
        + timedelta(hours=OPENING_HOUR_UTC[country], seconds=int(rng.integers(0, SIGN_UP_SECONDS))),
        value=_share(0.35 * fit + 0.65 * rng.beta(1.8, 1.4)),
        fit=fit,
        effort=_share(rng.beta(2, 3)),
        attention=_share(rng.beta(2, 2)),
        trouble=_share(rng.beta(1.5, 4)),
    )


def _share(number: float) -> float:
    return round(float(np.clip(number, LOWEST, HIGHEST)), 4)


def _with_groups(accounts: list[Account], rng: np.random.Generator) -> list[Account]:
    """Some enterprise accounts form corporate groups: the first is the parent, the others its subsidiaries."""
    told = {account.account_id: account for account in accounts}
    free = [account for account in accounts if account.segment == "enterprise"]
    for turn in range(max(1, len(accounts) // ACCOUNTS_PER_GROUP)):
        size = int(rng.integers(*GROUP_SIZES))
        if len(free) < size:
            break
        places = np.sort(rng.permutation(len(free))[:size])
        group = [free[place] for place in places]
        free = [account for account in free if account not in group]
        parent, twins = group[0], group[1:3]
        for account in group:
            told[account.account_id] = replace(
                account,
                corporate_group_id=f"G{parent.account_id[1:]}",
                parent_account_id=None if account is parent else parent.account_id,
                domain=twins[0].domain if account in twins and turn < SHARED_DOMAINS else account.domain,
            )
    return list(told.values())


def _with_own_accounts(accounts: list[Account], rng: np.random.Generator) -> list[Account]:
    """One account is our own company's, and one or two are tests."""
    free = [place for place, account in enumerate(accounts) if account.corporate_group_id is None]
    test_count = 2 if len(accounts) >= SMALL_BLOCK else 1
    picked = [free[place] for place in rng.permutation(len(free))[: test_count + 1]]
    changed = list(accounts)
    for turn, place in enumerate(picked):
        account = accounts[place]
        changed[place] = replace(
            account,
            is_internal=turn == 0,
            is_test=turn > 0,
            account_name=f"{account.account_name} (test)" if turn else "自社 (社内利用)",
            segment="smb",
            first_plan_name="starter",
        )
    return changed


class _Owned(Protocol):
    @property
    def account_id(self) -> str: ...


Owned = TypeVar("Owned", bound=_Owned)


def by_account(accounts: Iterable[Account], owned: Iterable[Owned]) -> dict[str, list[Owned]]:
    """What belongs to each account, in the order given, by account id; every account has an entry."""
    found: dict[str, list[Owned]] = {account.account_id: [] for account in accounts}
    for one in owned:
        found[one.account_id].append(one)
    return found


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
        "domain": account.domain,
        "acquisition_channel": account.acquisition_channel,
        "acquisition_message": account.acquisition_message,
        "plan_name": plan_name,
        "parent_account_id": account.parent_account_id,
        "corporate_group_id": account.corporate_group_id,
        "seller_owner_id": account.seller_owner_id,
        "merged_into_account_id": None,
        "is_test": account.is_test,
        "is_internal": account.is_internal,
        "is_deleted": False,
        "signed_up_date": account.signed_up_at.date().isoformat(),
        "updated_at": utc_text(updated_at),
    }
