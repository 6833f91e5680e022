"""The use of the product as events: who used which feature, when, for how long, and when we heard of it."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.demo.accounts import Account
from dagster_project.demo.contracts import Contract
from dagster_project.demo.intensity import NO_CONTRACT
from dagster_project.demo.people import User
from dagster_project.demo.product import Feature
from dagster_project.demo.window import OPENING_HOUR_UTC, WORKING_HOURS, Window, midnight

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SECOND = 1_000_000  # moments are microseconds since 1970
DAY = 86_400 * SECOND
NEVER = np.iinfo(np.int64).max
LATE_SHARE = 0.01
RETRY_SHARE = 0.001
WEEKEND_FACTOR = 0.12
FURTHER_EVENTS = 4.6  # a day of use has one event and this many more on average
PASSED_OVER_SHARE = 0.7  # of the features are never taken up where the fit is 0.2, half of them where it is 0.5
TAKE_UP_DAYS = {"core": 6.0, "advanced": 60.0, "integration": 120.0}  # on average, at an effort of a half

USAGE_SCHEMA = pa.schema(
    [
        ("event_id", pa.string()),
        ("account_id", pa.string()),
        ("user_id", pa.string()),
        ("contract_id", pa.string()),
        ("feature_id", pa.string()),
        ("event_at", pa.timestamp("us", tz="UTC")),
        ("event_count", pa.int32()),
        ("active_seconds", pa.int32()),
        ("record_change_count", pa.int32()),
        ("received_at", pa.timestamp("us", tz="UTC")),
    ]
)


def draw_usage(
    accounts: Sequence[Account],
    users: Sequence[User],
    contracts: Sequence[Contract],
    features: Sequence[Feature],
    *,
    live: Integers,
    intensity: Floats,
    window: Window,
    rng: np.random.Generator,
) -> list[pa.Table]:
    """One table (`USAGE_SCHEMA`) per day of arrival, in order of receipt.

    `live` and `intensity` have the shape accounts × days. What would be received after the window is left
    out. A retry repeats an event unchanged, with its first `received_at`, in the table of a later day.
    """
    account_place = {account.account_id: place for place, account in enumerate(accounts)}
    account_of_user = np.array([account_place[user.account_id] for user in users])
    user, day = _days_of_use(users, account_of_user, live=live, intensity=intensity, window=window, rng=rng)

    repeats = 1 + rng.poisson(FURTHER_EVENTS, len(user))
    user, day = np.repeat(user, repeats), np.repeat(day, repeats)
    account = account_of_user[user]
    first_moment = _moment(midnight(window.first_day))
    opening = np.array([OPENING_HOUR_UTC[told.country] for told in accounts])[account] * 3600
    second = opening + rng.integers(0, WORKING_HOURS * 3600, len(user))
    event_at = first_moment + day * DAY + second * SECOND
    received_at = event_at + _delays(len(user), rng)
    feature = _features_used(accounts, features, account, event_at, rng)
    event_count = rng.geometric(0.55, len(user))
    active_seconds = (event_count * rng.lognormal(np.log(55), 0.7, len(user))).clip(1, 3600)
    change_rate = np.array([told.change_rate for told in features])[feature]
    record_change_count = rng.poisson(change_rate * event_count)

    activated_at = np.array([_moment(told.activated_at) for told in users])[user]
    deactivated_at = np.array([_moment(told.deactivated_at) for told in users])[user]
    true = (event_at >= activated_at) & (event_at < deactivated_at) & (received_at < _moment(window.end))
    order = np.flatnonzero(true)[np.argsort(event_at[true], kind="stable")]
    numbers = pa.array(np.arange(1, len(order) + 1)).cast(pa.string())
    contract = live[account, day]
    events = pa.table(
        [
            pc.binary_join_element_wise("E", pc.utf8_lpad(numbers, width=8, padding="0"), ""),
            _texts([told.account_id for told in accounts], account[order]),
            _texts([told.user_id for told in users], user[order]),
            _texts([told.contract_id for told in contracts], contract[order]),
            _texts([told.feature_id for told in features], feature[order]),
            *(
                pa.array(values[order]).cast(field.type)
                for values, field in zip(
                    (
                        event_at,
                        event_count,
                        active_seconds.astype(np.int64),
                        record_change_count,
                        received_at,
                    ),
                    list(USAGE_SCHEMA)[5:],
                    strict=True,
                )
            ),
        ],
        schema=USAGE_SCHEMA,
    )
    return _by_arrival(events, (received_at[order] - first_moment) // DAY, window.day_count, rng)


def _moment(moment: datetime | None) -> int:
    return NEVER if moment is None else int(np.datetime64(moment, "us").astype(np.int64))


def _texts(words: Sequence[str], places: Integers) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(places))


def _days_of_use(
    users: Sequence[User],
    account_of_user: Integers,
    *,
    live: Integers,
    intensity: Floats,
    window: Window,
    rng: np.random.Generator,
) -> tuple[Integers, Integers]:
    """User and day of every day of use; both of one length."""
    keenness = np.array([user.keenness for user in users])
    is_weekend = np.array([day.weekday() >= 5 for day in window.days])  # noqa: PLR2004 (Saturday)
    chance = intensity[account_of_user] * keenness[:, None] * np.where(is_weekend, WEEKEND_FACTOR, 1.0)
    is_live = live[account_of_user] != NO_CONTRACT
    used = (rng.random(chance.shape) < chance.clip(max=0.95)) & is_live
    user, day = np.nonzero(used)
    return user, day


def _delays(count: int, rng: np.random.Generator) -> Integers:
    """Microseconds from an event to its receipt: seconds as a rule, one to three days for the late ones."""
    seconds = rng.integers(1, 20, count)
    late_seconds = rng.integers(86_400, 3 * 86_400, count)
    return np.where(rng.random(count) < LATE_SHARE, late_seconds, seconds) * SECOND


def _features_used(
    accounts: Sequence[Account],
    features: Sequence[Feature],
    account: Integers,
    event_at: Integers,
    rng: np.random.Generator,
) -> Integers:
    """The feature of each event; what is not taken up or released yet falls back to the first feature."""
    shape = (len(accounts), len(features))
    popularity = np.array([feature.popularity for feature in features])
    cumulative = np.cumsum(popularity * rng.gamma(2.0, 0.5, shape), axis=1)
    draws = rng.random(len(account)) * cumulative[account, -1]
    feature = (draws[:, None] >= cumulative[account]).sum(axis=1).clip(max=len(features) - 1)

    effort = np.array([told.effort for told in accounts])
    fit = np.array([told.fit for told in accounts])
    mean_days = np.array([TAKE_UP_DAYS[told.feature_kind] for told in features])
    take_up_days = rng.exponential(mean_days * (0.5 + effort[:, None]) * (1.5 - fit[:, None]), shape)
    signed_up_at = np.array([_moment(told.signed_up_at) for told in accounts])
    usable_from = np.maximum(
        signed_up_at[:, None] + (take_up_days * DAY).astype(np.int64),
        np.array([_moment(told.released_at) for told in features]),
    )
    is_passed_over = rng.random(shape) < PASSED_OVER_SHARE * (1.2 - fit[:, None])
    is_usable = (event_at >= usable_from[account, feature]) & ~is_passed_over[account, feature]
    return np.where(is_usable, feature, 0)


def _by_arrival(events: pa.Table, arrival_day: Integers, day_count: int, rng: np.random.Generator) -> list[pa.Table]:
    retried = np.flatnonzero(rng.random(len(arrival_day)) < RETRY_SHARE)
    retry_day = arrival_day[retried] + rng.integers(1, 4, len(retried))
    row = np.concatenate([np.arange(len(arrival_day)), retried])
    day = np.concatenate([arrival_day, retry_day])
    received_at = events.column("received_at").cast(pa.int64()).to_numpy()[row]
    order = np.lexsort((row, received_at, day))
    bounds = np.searchsorted(day[order], np.arange(day_count + 1))
    delivered = events.take(pa.array(row[order])).combine_chunks()
    return [delivered.slice(begin, end - begin) for begin, end in pairwise(bounds.tolist())]
