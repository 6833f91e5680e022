"""The use of the product as events, month by month: who used which feature, when, and when we heard of it.

What belongs to a block for good (habits) is drawn once; a month of events is drawn from the habits and from a
generator of its own, so any month can be drawn again alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dagster_project.demo.block import Block
from dagster_project.demo.intensity import NO_CONTRACT, daily_intensity, live_contracts, unsigned_days
from dagster_project.demo.people import DEPARTMENTS
from dagster_project.demo.product import FEATURE_COUNT
from dagster_project.demo.window import OPENING_HOUR_UTC, WORKING_HOURS, Window, midnight, next_month

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SECOND = 1_000_000  # moments are microseconds since 1970
DAY = 86_400 * SECOND
NEVER = np.iinfo(np.int64).max
LATE_SHARE = 0.01
RETRY_SHARE = 0.001
RETRY_DAYS = (1, 4)  # a retry comes so many days after the first delivery: lowest, and one above the highest
FURTHER_EVENTS = 3.6  # a day of use has one event and this many more on average
FIRST_SESSION_SHARE = 0.65  # of a day's events; the others fall into a second session
SESSION_SECONDS = 1500
PREFERENCE_FACTOR = 3.0  # a department uses what it prefers so much more
PASSED_OVER_SHARE = 0.7  # of the features are never taken up where the fit is 0.2, half of them where it is 0.5
TAKE_UP_DAYS = (2.0, 12.0, 60.0, 100.0, 150.0)  # by rung of the ladder, on average, at an effort of a half
CORE_COUNT = 3  # what is not taken up or released yet falls back to one of the first features
MOBILE_SHARE = {"sales": 0.35, "marketing": 0.15, "customer_success": 0.15, "it": 0.05, "hr": 0.1, "finance": 0.05}
ID_DIGITS = 6
MAXIMUM_CHANCE = 0.95

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
        ("device_kind", pa.string()),
        ("received_at", pa.timestamp("us", tz="UTC")),
    ]
)
DEVICES = pa.array(["desktop", "mobile"])


@dataclass(frozen=True)
class Habits:
    """What the users of a block hold for good: one value per user unless said otherwise; moments in microseconds."""

    block: Block
    account: Integers
    """Place of the user's account."""
    keenness: Floats
    opening: Integers
    """Seconds from midnight UTC to the start of work."""
    activated_at: Integers
    deactivated_at: Integers
    mobile_share: Floats
    taste: Integers
    """Row of `tastes`."""
    tastes: Floats
    """Cumulative shares of the features, plus the row's number: one long rising series. Rows × features."""
    usable_from: Integers
    """Accounts × features; `NEVER` where passed over."""
    change_rate: Floats
    """One value per feature."""
    intensity: Floats
    """Accounts × days of the window."""
    live: Integers
    """Place of the live contract, or -1; accounts × days of the window."""
    named: Integers
    """Place of the contract that events name: the live one once it is signed, or -1; accounts × days of the window."""
    words: tuple[pa.Array, pa.Array, pa.Array, pa.Array]
    """Ids of companies (by account), users, contracts and features."""


@dataclass(frozen=True)
class UsageMonth:
    """The events of a month in the order of `event_at`, and which of them are delivered again on a later day."""

    events: pa.Table
    received_at: Integers
    retried: Integers
    retried_at: Integers

    def received(self, begin: datetime | None, end: datetime) -> pa.Table:
        """The events received from `begin` until just before `end`."""
        is_received = (self.received_at >= _earliest(begin)) & (self.received_at < moment(end))
        return self.events.filter(pa.array(is_received))

    def repeated(self, begin: datetime | None, end: datetime) -> pa.Table:
        """The events, unchanged, that are delivered again from `begin` until just before `end`."""
        is_repeated = (self.retried_at >= _earliest(begin)) & (self.retried_at < moment(end))
        return self.events.take(pa.array(self.retried[is_repeated]))


def moment(value: datetime | None) -> int:
    """A moment in microseconds since 1970; none is `NEVER`."""
    return NEVER if value is None else int(np.datetime64(value, "us").astype(np.int64))


def _earliest(begin: datetime | None) -> int:
    return 0 if begin is None else moment(begin)


def draw_habits(block: Block, company_ids: Sequence[str]) -> Habits:
    """What the users of a block hold for good; `company_ids` are the accounts' ids in the product."""
    rng = block.generator("habits")
    live = live_contracts(block.accounts, block.contracts, block.window)
    places = {account.account_id: place for place, account in enumerate(block.accounts)}
    account = np.array([places[user.account_id] for user in block.users])
    departments = list(DEPARTMENTS)
    department = np.array([departments.index(user.department) for user in block.users])
    opening = np.array([OPENING_HOUR_UTC[told.country] * 3600 for told in block.accounts])
    return Habits(
        block=block,
        account=account,
        keenness=np.array([user.keenness for user in block.users]),
        opening=opening[account],
        activated_at=np.array([moment(user.activated_at) for user in block.users]),
        deactivated_at=np.array([moment(user.deactivated_at) for user in block.users]),
        mobile_share=np.array([MOBILE_SHARE[user.department] for user in block.users]),
        taste=account * len(departments) + department,
        tastes=_tastes(block, rng),
        usable_from=_usable_from(block, rng),
        change_rate=np.array([feature.change_rate for feature in block.features]),
        intensity=daily_intensity(block.accounts, block.endings, block.window, rng),
        live=live,
        named=np.where(unsigned_days(block.accounts, block.contracts, block.window), NO_CONTRACT, live),
        words=(
            pa.array(company_ids, pa.string()),
            pa.array([user.user_id for user in block.users], pa.string()),
            pa.array([contract.contract_id for contract in block.contracts], pa.string()),
            pa.array([feature.feature_id for feature in block.features], pa.string()),
        ),
    )


def _tastes(block: Block, rng: np.random.Generator) -> Floats:
    popularity = np.array([feature.popularity for feature in block.features])
    prefers = np.array([[name in feature.departments for feature in block.features] for name in DEPARTMENTS])
    by_account = popularity * rng.gamma(2.0, 0.5, (len(block.accounts), FEATURE_COUNT))
    weights = by_account[:, None, :] * np.where(prefers, PREFERENCE_FACTOR, 1.0)[None]
    cumulative = np.cumsum(weights.reshape(-1, FEATURE_COUNT), axis=1)
    shares: Floats = cumulative / cumulative[:, -1:] + np.arange(len(cumulative))[:, None]
    return shares


def _usable_from(block: Block, rng: np.random.Generator) -> Integers:
    shape = (len(block.accounts), FEATURE_COUNT)
    effort = np.array([account.effort for account in block.accounts])[:, None]
    fit = np.array([account.fit for account in block.accounts])[:, None]
    mean_days = np.array([TAKE_UP_DAYS[feature.ladder_rung - 1] for feature in block.features])
    take_up_days = rng.exponential(mean_days * (0.5 + effort) * (1.5 - fit), shape)
    signed_up_at = np.array([moment(account.signed_up_at) for account in block.accounts])[:, None]
    released_at = np.array([moment(feature.released_at) for feature in block.features])
    usable_from = np.maximum(signed_up_at + (take_up_days * DAY).astype(np.int64), released_at)
    is_passed_over = rng.random(shape) < PASSED_OVER_SHARE * (1.2 - fit)
    usable: Integers = np.where(is_passed_over, NEVER, usable_from)
    return usable


def draw_month(habits: Habits, month: date) -> UsageMonth:
    """All use of the block in the month that begins with the day `month`, as far as it lies in the window."""
    window, number = habits.block.window, habits.block.number
    rng = habits.block.world.generator("usage", number, month.year * 12 + month.month - 1)
    user, day, second = _uses(habits, window, month, rng)
    event_at = moment(midnight(window.first_day)) + day * DAY + second * SECOND
    is_active = (event_at >= habits.activated_at[user]) & (event_at < habits.deactivated_at[user])
    user, day, event_at = user[is_active], day[is_active], event_at[is_active]
    order = np.argsort(event_at, kind="stable")
    user, day, event_at = user[order], day[order], event_at[order]
    account, count = habits.account[user], len(user)
    received_at = event_at + _delays(count, rng)
    feature = _features_used(habits, user, event_at, rng)
    event_count = rng.geometric(0.55, count)
    active_seconds = (event_count * rng.lognormal(np.log(55), 0.7, count)).clip(1, 3600)
    record_change_count = rng.poisson(habits.change_rate[feature] * event_count)
    is_mobile = rng.random(count) < habits.mobile_share[user]
    companies, users, contracts, features = habits.words
    events = pa.table(
        [
            _event_ids(f"E{number:04d}{month:%y%m}", count),
            _words(companies, account),
            _words(users, user),
            _words(contracts, habits.named[account, day]),
            _words(features, feature),
            _moments(event_at),
            pa.array(event_count.astype(np.int32)),
            pa.array(active_seconds.astype(np.int32)),
            pa.array(record_change_count.astype(np.int32)),
            _words(DEVICES, is_mobile.astype(np.int64)),
            _moments(received_at),
        ],
        names=USAGE_SCHEMA.names,
    )
    retried = np.flatnonzero(rng.random(count) < RETRY_SHARE)
    retried_at = received_at[retried] + rng.integers(*RETRY_DAYS, len(retried)) * DAY
    return UsageMonth(events, received_at, retried, retried_at)


def joined(*parts: pa.Table | None) -> pa.Table:
    """Tables of one block behind each other."""
    return pa.concat_tables([part for part in parts if part is not None])


def _uses(habits: Habits, window: Window, month: date, rng: np.random.Generator) -> tuple[Integers, Integers, Integers]:
    """User, day of the window and second of the day (UTC) of every event of a month; all of one length."""
    begin = max(0, (month - window.first_day).days)
    end = min(window.day_count, (next_month(month) - window.first_day).days)
    chance = habits.intensity[habits.account, begin:end] * habits.keenness[:, None]
    used = rng.random(chance.shape) < chance.clip(max=MAXIMUM_CHANCE)
    user, day = np.nonzero(used & (habits.live[habits.account, begin:end] != NO_CONTRACT))
    longest = WORKING_HOURS * 3600 - SESSION_SECONDS
    sessions = rng.integers(0, longest, (len(user), 2))
    repeats = 1 + rng.poisson(FURTHER_EVENTS, len(user))
    place = np.repeat(np.arange(len(user)), repeats)
    is_second = (rng.random(len(place)) >= FIRST_SESSION_SHARE).astype(np.int64)
    second = sessions[place, is_second] + rng.integers(0, SESSION_SECONDS, len(place))
    user = user[place]
    return user, day[place] + begin, second + habits.opening[user]


def _delays(count: int, rng: np.random.Generator) -> Integers:
    """Microseconds from an event to its receipt: seconds as a rule, one to three days for the late ones."""
    seconds = rng.integers(1, 20, count)
    late_seconds = rng.integers(86_400, 3 * 86_400, count)
    return np.where(rng.random(count) < LATE_SHARE, late_seconds, seconds) * SECOND


def _features_used(habits: Habits, user: Integers, event_at: Integers, rng: np.random.Generator) -> Integers:
    """The feature of each event; what is not taken up or released yet falls back to one of the first features."""
    taste = habits.taste[user]
    place = np.searchsorted(habits.tastes.ravel(), taste + rng.random(len(user)), side="right")
    feature = (place - taste * FEATURE_COUNT).clip(0, FEATURE_COUNT - 1)
    is_usable = event_at >= habits.usable_from[habits.account[user], feature]
    return np.where(is_usable, feature, feature % CORE_COUNT)


def _words(words: pa.Array, places: Integers) -> pa.DictionaryArray:
    """The word at each place; none where the place is negative."""
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32), mask=places < 0), words)


def _moments(moments: Integers) -> pa.Array:
    return pa.array(moments).cast(pa.timestamp("us", tz="UTC"))


def _event_ids(prefix: str, count: int) -> pa.Array:
    """`prefix` and a running number of six digits."""
    width = len(prefix) + ID_DIGITS
    letters = np.empty((count, width), dtype=np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    numbers = np.arange(1, count + 1)
    for digit in range(ID_DIGITS):
        letters[:, width - 1 - digit] = numbers // 10**digit % 10 + ord("0")
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(letters))
