"""How strongly each account uses the product on each day, and under which contract."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from dagster_project.demo.accounts import Account
from dagster_project.demo.contracts import Contract
from dagster_project.demo.endings import Ending
from dagster_project.demo.window import Window

NO_CONTRACT = -1
QUIET_SPELL_SHARE = 0.2  # of the accounts have a dip that means nothing
DECLINE_DAYS = (30, 75)  # before the end, where the end has a cause


def live_contracts(accounts: Sequence[Account], contracts: Sequence[Contract], window: Window) -> npt.NDArray[np.int64]:
    """Position in `contracts` of the live contract, or -1; shape accounts × days."""
    places = {account.account_id: place for place, account in enumerate(accounts)}
    live = np.full((len(accounts), window.day_count), NO_CONTRACT, dtype=np.int64)
    for position, contract in enumerate(contracts):
        begin = max(0, (contract.start_date - window.first_day).days)
        end = max(0, (contract.last_end_date - window.first_day).days)
        live[places[contract.account_id], begin:end] = position
    return live


def daily_intensity(
    accounts: Sequence[Account],
    endings: Mapping[str, Ending],
    window: Window,
    rng: np.random.Generator,
) -> npt.NDArray[np.float64]:
    """The chance (0..1) that a user of average keenness works on a weekday; shape accounts × days."""
    shape = (len(accounts), window.day_count)
    value = np.array([account.value for account in accounts])
    effort = np.array([account.effort for account in accounts])
    base = np.clip(0.7 * value**1.5 - 0.15 * effort + rng.normal(0, 0.08, len(accounts)), 0.01, 0.9)
    ramp_days = 6 + 30 * effort
    ramp = 1 - np.exp(-(account_ages(accounts, window) + 3).clip(min=0) / ramp_days[:, None])
    weeks = window.day_count // 7 + 1
    waves = np.repeat(rng.lognormal(0, 0.18, (len(accounts), weeks)), 7, axis=1)[:, : window.day_count]
    dips = _dips(shape, rng)
    declines = _declines(accounts, endings, window, rng)
    intensity: npt.NDArray[np.float64] = base[:, None] * ramp * waves * dips * declines
    return intensity.clip(0, 1)


def account_ages(accounts: Sequence[Account], window: Window) -> npt.NDArray[np.float64]:
    """Days since the sign-up, negative before it; shape accounts × days."""
    first_ages = [(window.first_day - account.signed_up_at.date()).days for account in accounts]
    return np.array(first_ages, dtype=np.float64)[:, None] + np.arange(window.day_count)


def _dips(shape: tuple[int, int], rng: np.random.Generator) -> npt.NDArray[np.float64]:
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
) -> npt.NDArray[np.float64]:
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
