"""A block of customers: drawn together, written, and then forgotten, so that memory does not grow with the world.

Every part of the world (`contracts`, `support`, `voice` …) reads a block and gives rows of the input contract's
entities. What a part draws depends on the world, the block and the part alone, never on today: a later today shows
more of the same world.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

import numpy as np

from dagster_project.demo.accounts import Account, by_account
from dagster_project.demo.contracts import Contract, Trial
from dagster_project.demo.endings import Ending
from dagster_project.demo.people import Contact, User
from dagster_project.demo.product import Feature
from dagster_project.demo.settling import Decision
from dagster_project.demo.window import Row, Window

if TYPE_CHECKING:
    from dagster_project.demo.staff import Owner

BLOCK_ACCOUNTS = 240
ROOM_AHEAD_DAYS = 120
MINIMUM_ACCOUNT_COUNT = 8
MINIMUM_DAY_COUNT = 28
# With planted accounts: the days that their rules look back on, and the accounts with other names and mail domains.
PLANTED_DAY_COUNT, MOST_ACCOUNTS_BESIDE_PLANTED = 200, 24_000
Rows = dict[str, list[Row]]


@dataclass(frozen=True)
class World:
    """What everything is drawn from; `until` is the first today, and the world goes on for 120 days after it.

    Raises ValueError for fewer than 8 accounts, fewer than 28 days or a negative seed; with planted accounts for fewer
    than 200 days or more than 24,000 other accounts.
    """

    account_count: int
    day_count: int
    until: date
    seed: int
    planted: bool = False
    """True for a world that also has the planted accounts (`demo.planted`)."""

    @property
    def window(self) -> Window:
        """The days that are drawn: those before the first today, and the room ahead."""
        return Window(self.until - timedelta(days=self.day_count - 1), self.until + timedelta(days=ROOM_AHEAD_DAYS))

    @property
    def days_ahead(self) -> list[date]:
        """The days after the first today, in order."""
        return Window(self.until + timedelta(days=1), self.window.last_day).days

    def accounts_in(self, number: int) -> int:
        """Number of accounts of a block."""
        return min(BLOCK_ACCOUNTS, self.account_count - number * BLOCK_ACCOUNTS)

    @property
    def block_count(self) -> int:
        """Number of blocks; all but the last hold 240 accounts."""
        return -(-self.account_count // BLOCK_ACCOUNTS)

    def __post_init__(self) -> None:
        if self.account_count < MINIMUM_ACCOUNT_COUNT:
            raise ValueError(f"account_count is {self.account_count}, under {MINIMUM_ACCOUNT_COUNT}")
        if self.day_count < MINIMUM_DAY_COUNT:
            raise ValueError(f"day_count is {self.day_count}, under {MINIMUM_DAY_COUNT}")
        if self.planted and self.day_count < PLANTED_DAY_COUNT:
            raise ValueError(f"day_count is {self.day_count}, under {PLANTED_DAY_COUNT} with planted accounts")
        if self.planted and self.account_count > MOST_ACCOUNTS_BESIDE_PLANTED:
            raise ValueError(
                f"account_count is {self.account_count}, over {MOST_ACCOUNTS_BESIDE_PLANTED} with planted accounts"
            )
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}, under 0")

    def generator(self, part: str, *numbers: int) -> np.random.Generator:
        """A fresh generator for one part; one part can grow without changing the others."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, crc32(part.encode()), *numbers]))


class Served(NamedTuple):
    """A customer with the first and last day of its service within the window."""

    account: Account
    first: date
    last: date


@dataclass(frozen=True)
class Block:
    """Up to 240 accounts with the people, contracts and endings that are theirs."""

    world: World
    number: int
    accounts: Sequence[Account]
    contracts: Sequence[Contract]
    """The contracts that are really signed, in order of account and start."""
    endings: Mapping[str, Ending]
    """By account id; only accounts that leave."""
    users: Sequence[User]
    contacts: Sequence[Contact]
    features: Sequence[Feature]
    owners: "Sequence[Owner]"
    """Our own people, the same in every block."""
    trials: Sequence[Trial] = ()
    decisions: Sequence[Decision] = ()
    """What became of the paid contracts of customers, in order."""
    second_terms: Sequence[Contract] = ()
    """The second product's contracts, beside `contracts`."""
    returned_terms: Sequence[Contract] = ()
    """The contracts of those who came back after their end, beside `contracts`."""

    @property
    def window(self) -> Window:
        """The days that are drawn."""
        return self.world.window

    def generator(self, part: str) -> np.random.Generator:
        """A fresh generator for one part of this block."""
        return self.world.generator(part, self.number)

    @cached_property
    def users_of(self) -> dict[str, list[User]]:
        """Users by account id; every account has an entry."""
        return by_account(self.accounts, self.users)

    @cached_property
    def contacts_of(self) -> dict[str, list[Contact]]:
        """Contacts by account id; every account has an entry."""
        return by_account(self.accounts, self.contacts)

    @cached_property
    def contracts_of(self) -> dict[str, list[Contract]]:
        """Contracts by account id, in order; every account has an entry."""
        return by_account(self.accounts, self.contracts)

    @property
    def all_contracts(self) -> list[Contract]:
        """Every contract, also those of the second product and of customers who came back."""
        return [*self.contracts, *self.second_terms, *self.returned_terms]

    def service_span(self, account: Account) -> tuple[date, date]:
        """First and last day of the account's service, from before the window too; as `live_span` where none."""
        contracts = self.contracts_of[account.account_id]
        if not contracts:
            return self.window.last_day, self.window.first_day
        return contracts[0].start_date, min(self.window.last_day, contracts[-1].last_end_date - timedelta(days=1))

    def live_span(self, account: Account) -> tuple[date, date]:
        """First and last day of the account's service within the window; the first is after the last where none."""
        first, last = self.service_span(account)
        return max(self.window.first_day, first), last

    @property
    def served(self) -> Iterator[Served]:
        """The customers who are served within the window."""
        for account in self.accounts:
            first, last = self.live_span(account)
            if account.is_customer and first <= last:
                yield Served(account, first, last)
