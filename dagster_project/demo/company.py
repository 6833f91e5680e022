"""A small invented B2B SaaS company, drawn from a seed and written as the exports of its systems."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from pathlib import Path

import numpy as np
import pyarrow as pa

from dagster_project.demo import accounts as customers
from dagster_project.demo import contracts as terms
from dagster_project.demo import dirt, endings, files, intensity, people, product, support, usage
from dagster_project.demo.window import Row, Window

MINIMUM_ACCOUNT_COUNT = 8
MINIMUM_DAY_COUNT = 28

USAGE_FOLDER = "usage_events"
TICKETS_FILE = "tickets.jsonl.gz"
CSV_COLUMNS = {
    "accounts.csv": customers.ACCOUNT_COLUMNS,
    "users.csv": people.USER_COLUMNS,
    "features.csv": product.FEATURE_COLUMNS,
    "contracts.csv": terms.CONTRACT_COLUMNS,
    "churn_notices.csv": endings.CHURN_NOTICE_COLUMNS,
}
TRUTH_FILE = "accounts.csv"


class Part(IntEnum):
    """The parts of the world; each draws from its own generator, so that one can grow without the others."""

    ACCOUNTS = 1
    CONTRACTS = 2
    ENDINGS = 3
    PEOPLE = 4
    INTENSITY = 5
    USAGE = 6
    SUPPORT = 7
    DIRT = 8


@dataclass(frozen=True)
class DemoCompany:
    """What a world is drawn from: its size, the last day that its exports know (UTC), and the seed.

    Raises ValueError for fewer than 8 accounts, fewer than 28 days or a negative seed.
    """

    account_count: int = 60
    day_count: int = 120
    last_day: date = date(2026, 6, 30)
    seed: int = 1

    def __post_init__(self) -> None:
        if self.account_count < MINIMUM_ACCOUNT_COUNT:
            raise ValueError(f"account_count is {self.account_count}, under {MINIMUM_ACCOUNT_COUNT}")
        if self.day_count < MINIMUM_DAY_COUNT:
            raise ValueError(f"day_count is {self.day_count}, under {MINIMUM_DAY_COUNT}")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}, under 0")

    @property
    def window(self) -> Window:
        """The days that the exports cover."""
        return Window(self.last_day - timedelta(days=self.day_count - 1), self.last_day)

    def generator(self, part: Part) -> np.random.Generator:
        """A fresh generator for one part of the world."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, part]))


@dataclass(frozen=True)
class _Exports:
    """What is written: rows by CSV file, tickets, one table of use per day, and the hidden truth."""

    csv_rows: dict[str, list[Row]]
    tickets: list[Row]
    usage_days: list[pa.Table]
    truth: list[Row]


def truth_folder(folder: Path) -> Path:
    """Where the hidden truth of the world in `folder` stands: beside it, never in it."""
    return folder.with_name(f"{folder.name}_truth")


def write_demo_company(company: DemoCompany, folder: Path) -> dict[str, int]:
    """Write the company's exports into `folder` and its hidden truth into the folder beside it.

    Returns the rows written by file, as a path relative to `folder`; the truth is not counted. Equal
    companies give files of equal bytes. Either folder appears whole, in place of a former world, or not at
    all.

    Raises FileExistsError where a folder exists and holds anything else than a former world.
    """
    exports = _drawn_exports(company)
    names = [*CSV_COLUMNS, TICKETS_FILE, USAGE_FOLDER]
    with (
        files.replaced_folder(truth_folder(folder), [TRUTH_FILE]) as truth,
        files.replaced_folder(folder, names) as written,
    ):
        files.write_csv(truth / TRUTH_FILE, endings.TRUTH_COLUMNS, exports.truth)
        counts = {
            name: files.write_csv(written / name, columns, exports.csv_rows[name])
            for name, columns in CSV_COLUMNS.items()
        }
        counts[TICKETS_FILE] = files.write_json_lines(written / TICKETS_FILE, exports.tickets)
        (written / USAGE_FOLDER).mkdir()
        for day, table in zip(company.window.days, exports.usage_days, strict=True):
            name = f"{USAGE_FOLDER}/date={day.isoformat()}.parquet"
            counts[name] = files.write_parquet(written / name, table)
    return counts


def _drawn_exports(company: DemoCompany) -> _Exports:
    window = company.window
    accounts = customers.draw_accounts(company.account_count, window, company.generator(Part.ACCOUNTS))
    planned = terms.draw_contracts(accounts, window, company.generator(Part.CONTRACTS))
    leaving = endings.draw_endings(accounts, planned, window, company.generator(Part.ENDINGS))
    contracts = endings.with_endings(planned, leaving)
    users = people.draw_users(
        accounts,
        terms.first_seat_counts(contracts),
        terms.service_ends(contracts),
        window,
        company.generator(Part.PEOPLE),
    )
    features = product.features(window)
    live = intensity.live_contracts(accounts, contracts, window)
    strength = intensity.daily_intensity(accounts, leaving, window, company.generator(Part.INTENSITY))
    usage_days = usage.draw_usage(
        accounts,
        users,
        contracts,
        features,
        live=live,
        intensity=strength,
        window=window,
        rng=company.generator(Part.USAGE),
    )
    tickets = support.draw_tickets(accounts, users, live, window, company.generator(Part.SUPPORT))
    dirt_rng = company.generator(Part.DIRT)
    strangers = dirt.users_without_account(users, window, dirt_rng)
    impossible = dirt.impossible_contract_row(contracts, window, dirt_rng)
    account_rows = customers.account_rows(accounts, terms.plan_starts(contracts))
    return _Exports(
        csv_rows={
            "accounts.csv": window.known(account_rows, "account_id"),
            "users.csv": window.known(people.user_rows([*users, *strangers]), "user_id"),
            "features.csv": window.known(product.feature_rows(features), "feature_id"),
            "contracts.csv": window.known([*terms.contract_rows(contracts), impossible], "contract_id"),
            "churn_notices.csv": window.known(endings.churn_notice_rows(leaving.values()), "churn_notice_id"),
        },
        tickets=window.known(support.ticket_rows(tickets), "ticket_id"),
        usage_days=usage_days,
        truth=endings.truth_rows(accounts, leaving),
    )
