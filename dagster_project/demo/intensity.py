"""How strongly each account uses the product on each day, and under which contract."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from dagster_project.demo.accounts import DAYS_PER_YEAR, HIGHEST, LARGEST_VALUE_CHANGE, LOWEST, Account
from dagster_project.demo.contracts import Contract
from dagster_project.demo.endings import Ending
from dagster_project.demo.window import SATURDAY, Window, is_holiday

Floats = npt.NDArray[np.float64]

NO_CONTRACT = -1
QUIET_SPELL_SHARE = 0.2  # of the accounts have a dip that means nothing
DECLINE_DAYS = (30, 75)  # before the end, where the end has a cause
WEEKEND_FACTOR = 0.12
HOLIDAY_FACTOR = 0.15  # in Japan only
AUGUST_FACTOR, NEW_YEAR_FACTOR, QUARTER_END_FACTOR = 0.82, 0.5, 1.15
QUARTER_END_DAYS = 10
TEST_FACTOR = 0.1
AUGUST, DECEMBER = 8, 12
NEW_YEAR_FROM, NEW_YEAR_TO = 27, 5  # December and January


def live_contracts(accounts: Sequence[Account], contracts: Sequence[Contract], window: Window) -> npt.NDArray[np.int64]:
    """Position in `contracts` of the live contract, or -1; shape accounts × days."""
    places = {account.account_id: place for place, account in enumerate(accounts)}
    live = np.full((len(accounts), window.day_count), NO_CONTRACT, dtype=np.int64)
    for position, contract in enumerate(contracts):
        begin = max(0, (contract.start_date - window.first_day).days)
        end = max(0, (contract.last_end_date - window.first_day).days)
        live[places[contract.account_id], begin:end] = position
    return live


def unsigned_days(accounts: Sequence[Account], contracts: Sequence[Contract], window: Window) -> npt.NDArray[np.bool_]:
    """True where the live contract is not signed yet; shape accounts × days."""
    places = {account.account_id: place for place, account in enumerate(accounts)}
    unsigned = np.zeros((len(accounts), window.day_count), dtype=np.bool_)
    for contract in contracts:
        begin = max(0, (contract.start_date - window.first_day).days)
        end = max(0, (contract.settled_date - window.first_day).days)
        unsigned[places[contract.account_id], begin:end] = True
    return unsigned


def daily_intensity(
    accounts: Sequence[Account],
    endings: Mapping[str, Ending],
    window: Window,
    rng: np.random.Generator,
) -> Floats:
    """The chance (0..1) that a user of average keenness works on a day; shape accounts × days."""
    shape = (len(accounts), window.day_count)
    effort = np.array([account.effort for account in accounts])[:, None]
    base = 0.72 * daily_value(accounts, window) ** 1.5 - 0.15 * effort + rng.normal(0, 0.08, (len(accounts), 1))
    ramp = 1 - np.exp(-(account_ages(accounts, window) + 3).clip(min=0) / (6 + 30 * effort))
    weeks = window.day_count // 7 + 1
    waves = np.repeat(rng.lognormal(0, 0.18, (len(accounts), weeks)), 7, axis=1)[:, : window.day_count]
    factors = _dips(shape, rng) * _declines(accounts, endings, window, rng) * calendar_factors(accounts, window)
    is_test = np.array([account.is_test for account in accounts])[:, None]
    intensity: Floats = base.clip(0.01, 0.9) * ramp * waves * factors * np.where(is_test, TEST_FACTOR, 1.0)
    return intensity.clip(0, 1)


def daily_value(accounts: Sequence[Account], window: Window) -> Floats:
    """The hidden value (0..1) of each account on each day; shape accounts × days."""
    value = np.array([account.value for account in accounts])[:, None]
    drift = np.array([account.value_drift for account in accounts])[:, None]
    change = drift * account_ages(accounts, window).clip(min=0) / DAYS_PER_YEAR
    daily: Floats = (value + change.clip(-LARGEST_VALUE_CHANGE, LARGEST_VALUE_CHANGE)).clip(LOWEST, HIGHEST)
    return daily


def account_ages(accounts: Sequence[Account], window: Window) -> Floats:
    """Days since the sign-up, negative before it; shape accounts × days."""
    first_ages = [(window.first_day - account.signed_up_at.date()).days for account in accounts]
    return np.array(first_ages, dtype=np.float64)[:, None] + np.arange(window.day_count)


def calendar_factors(accounts: Sequence[Account], window: Window) -> Floats:
    """Weekends, holidays of Japan and seasons as a factor; shape accounts × days."""
    week = np.array([WEEKEND_FACTOR if day.weekday() >= SATURDAY else 1.0 for day in window.days])
    holiday = np.array([HOLIDAY_FACTOR if is_holiday(day) else 1.0 for day in window.days])
    season = np.array([_season_factor(day) for day in window.days])
    is_japanese = np.array([account.country == "JP" for account in accounts])[:, None]
    factors: Floats = np.where(is_japanese, np.minimum(week, holiday), week) * season
    return factors


def _season_factor(day: date) -> float:
    if (day.month == DECEMBER and day.day >= NEW_YEAR_FROM) or (day.month == 1 and day.day <= NEW_YEAR_TO):
        return NEW_YEAR_FACTOR
    if day.month == AUGUST:
        return AUGUST_FACTOR
    is_quarter_end = day.month % 3 == 0 and (day + timedelta(days=QUARTER_END_DAYS)).month != day.month
    return QUARTER_END_FACTOR if is_quarter_end else 1.0


def _dips(shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    has_dip = rng.random(shape[0]) < QUIET_SPELL_SHARE
    begins = rng.integers(0, shape[1], shape[0])
    lasts = rng.integers(10, 28, shape[0])
    day = np.arange(shape[1])
    inside = (day >= begins[:, None]) & (day < (begins + lasts)[:, None]) & has_dip[:, None]
    return np.where(inside, 0.45, 1.0)


def _declines(
    accounts: Sequence[Account],
    endings: Mapping[str, Ending],
    window: Window,
    rng: np.random.Generator,
) -> Floats:
    """1 for those who stay or leave without a cause; falling noisily before the end for the others."""
    factors = np.ones((len(accounts), window.day_count))
    for place, account in enumerate(accounts):
        ending = endings.get(account.account_id)
        if ending is None or not ending.has_cause:
            continue
        lasts = int(rng.integers(*DECLINE_DAYS))
        lowest = float(rng.uniform(0.1, 0.6))
        begin = (ending.churn_date - timedelta(days=lasts) - window.first_day).days
        progress = np.clip((np.arange(window.day_count) - begin) / lasts, 0, 1)
        noise = rng.lognormal(0, 0.25, window.day_count)
        factors[place] = np.where(progress > 0, (1 - (1 - lowest) * progress) * noise, 1.0)
    return factors
