"""Which system tells what, and by which ids: our own ids turn into those of the system as its rows are written.

The CRM and billing know our ids. The product has companies of its own, the help desk companies and people, and the
survey, marketing and community tools people only.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from dagster_project.demo.accounts import SMALL_BLOCK
from dagster_project.demo.block import BLOCK_ACCOUNTS, Block, Rows
from dagster_project.demo.people import FREE_MAIL_DOMAINS, User
from dagster_project.demo.window import Row, utc_text

USER_NUMBERS = 1000  # user numbers of one account
PERSON_DIGITS = 10**10
PERSON_STEP = 7_919  # shares no factor with 10 ** 10, so that no two people get one id
PRODUCT_EXTERNAL_SHARE = 0.85
DESK_EXTERNAL_SHARE = 0.5
DESK_UNMATCHED = 2  # in blocks of 30 accounts and more, one in smaller ones
DOMAINLESS_SHARE = 0.2  # of the desk's companies with our id
UPPER_CASE_SHARE, SPACED_SHARE, PRIVATE_MAIL_SHARE = 0.1, 0.05, 0.02  # of a source's people
DESK_KNOWN_USER_SHARE = 0.2
UNMATCHED_PEOPLE = 3  # per source and block


@dataclass(frozen=True)
class Source:
    """What a system delivers; `company_letter` and `person_letter` begin its own ids, empty where it has none."""

    entities: tuple[str, ...]
    company_letter: str = ""
    person_letter: str = ""


SOURCES = {
    "crm": Source(
        (
            *("accounts", "fit_answers", "account_assignments", "owners", "teams", "contacts", "trials"),
            *("opportunities", "plans", "entitlements", "contracts", "contract_outcomes", "referrals"),
            *("churn_notices", "churn_reasons", "hearings", "strategy_assessments", "success_plans"),
            *("account_obstacles", "tasks", "action_updates", "score_overrides", "sales_requests"),
        )
    ),
    "billing": Source(("invoices", "account_costs", "currency_rates")),
    "product": Source(
        ("companies", "users", "features", "usage_events", "voice_tickets", "product_decisions"), company_letter="W"
    ),
    "desk": Source(
        (
            *("companies", "people", "tickets", "ticket_messages", "ticket_status_changes"),
            *("working_schedules", "holidays"),
        ),
        company_letter="O",
        person_letter="D",
    ),
    "survey": Source(("people", "survey_invitations", "survey_answers"), person_letter="S"),
    "marketing": Source(("people", "programmes", "programme_participants", "engagements"), person_letter="M"),
    "community": Source(("people", "community_subgroups", "community_posts"), person_letter="Q"),
}


class SourceIds(ABC):
    """The ids of some accounts and users in every source; `companies` gives them by source and account id."""

    def __init__(self, users: Sequence[User], companies: Mapping[str, Mapping[str, str]]) -> None:
        self.users = {user.user_id: (place, user) for place, user in enumerate(users)}
        self._companies = companies

    def company_id(self, source_name: str, account_id: str) -> str:
        """The account's id in a source that has companies; what is none of these accounts stays as it is."""
        return self._companies[source_name].get(account_id, account_id)

    def person_id(self, source_name: str, user_id: str) -> str:
        """The user's id in a source that has people; what is none of these users stays as it is."""
        if user_id not in self.users:
            return user_id
        account_number, _, number = user_id[1:].partition("-")
        turned = (int(account_number) * USER_NUMBERS + int(number)) * PERSON_STEP % PERSON_DIGITS
        return f"{SOURCES[source_name].person_letter}{turned:010d}"

    def translated(self, source_name: str, rows: list[Row]) -> list[Row]:
        """Rows with the source's ids. A source without companies leaves `account_id` null."""
        source = SOURCES[source_name]
        changed = []
        for row in rows:
            ids: Row = {}
            if source.company_letter and row.get("account_id"):
                ids["account_id"] = self.company_id(source_name, str(row["account_id"]))
            elif source.person_letter and not source.company_letter and "account_id" in row:
                ids["account_id"] = None
            for name in ("user_id", "author_id") if source.person_letter else ():
                if row.get(name):
                    ids[name] = self.person_id(source_name, str(row[name]))
            changed.append({**row, **ids} if ids else row)
        return changed

    @abstractmethod
    def own_rows(self, rows: Rows) -> Iterator[tuple[str, str, list[Row]]]:
        """Source, entity and rows of the companies and people that the sources tell of themselves."""

    def first_seen(self, source: Source, rows: Rows) -> dict[str, str]:
        """When the source first tells of a user, by user id."""
        seen: dict[str, str] = {}
        for entity in source.entities:
            for row in rows.get(entity, []):
                user_id, told = row.get("user_id") or row.get("author_id"), str(row["updated_at"])
                if user_id in self.users and told < seen.get(str(user_id), "~"):
                    seen[str(user_id)] = told
        return seen

    def person_row(self, source_name: str, user: User, email: str, updated_at: str) -> Row:
        """A user as one of the source's people, of the company where the source has any."""
        has_companies = bool(SOURCES[source_name].company_letter)
        return {
            "person_id": self.person_id(source_name, user.user_id),
            "company_id": self.company_id(source_name, user.account_id) if has_companies else None,
            "external_user_id": None,
            "person_name": user.user_name,
            "email": email,
            "person_kind": None,
            "updated_at": updated_at,
        }


class Crosswalk(SourceIds):
    """The ids of a block's accounts and users in every source; `merged` are the accounts that others take in."""

    def __init__(self, block: Block, merged: Collection[str]) -> None:
        self._block = block
        self._always_external = {*merged, *_sharing_a_domain(block)}
        with_companies = [name for name, told in SOURCES.items() if told.company_letter]
        super().__init__(block.users, {name: self._company_ids(name) for name in with_companies})

    def _company_ids(self, source_name: str) -> dict[str, str]:
        numbers = self._generator("company_numbers", source_name).permutation(len(self._block.accounts))
        first, letter = self._block.number * BLOCK_ACCOUNTS + 1, SOURCES[source_name].company_letter
        return {
            account.account_id: f"{letter}{first + int(number):05d}"
            for account, number in zip(self._block.accounts, numbers, strict=True)
        }

    def _generator(self, part: str, source_name: str) -> np.random.Generator:
        return self._block.generator(f"{part}/{source_name}")

    def own_rows(self, rows: Rows) -> Iterator[tuple[str, str, list[Row]]]:
        """Source, entity and rows of the companies and people that the sources tell of themselves."""
        yield "product", "companies", self._product_companies()
        yield "desk", "companies", self._desk_companies()
        for name, source in SOURCES.items():
            if source.person_letter:
                yield name, "people", self._people(name, self.first_seen(source, rows))

    def _product_companies(self) -> list[Row]:
        rng = self._generator("companies", "product")
        accounts = self._block.accounts
        order = [accounts[place].account_id for place in rng.permutation(len(accounts))]
        order.sort(key=lambda account_id: account_id not in self._always_external)
        external = set(order[: round(PRODUCT_EXTERNAL_SHARE * len(accounts))]) | self._always_external
        return [
            company_row(
                self.company_id("product", account.account_id),
                account.account_id if account.account_id in external else None,
                account.account_name,
                account.domain,
                utc_text(account.signed_up_at + timedelta(minutes=5)),
            )
            for account in accounts
        ]

    def _desk_companies(self) -> list[Row]:
        rng = self._generator("companies", "desk")
        accounts = self._block.accounts
        ambiguous = set(_first_sharing_a_domain(self._block))
        order = [accounts[place].account_id for place in rng.permutation(len(accounts))]
        free = [account_id for account_id in order if account_id not in self._always_external]
        unmatched_count = DESK_UNMATCHED if len(accounts) >= SMALL_BLOCK else 1
        unmatched, rest = free[:unmatched_count], free[unmatched_count:]
        external = self._always_external - ambiguous
        external |= set(rest[: max(0, round(DESK_EXTERNAL_SHARE * len(accounts)) - len(external))])
        is_domainless, is_loud, is_short = rng.random((3, len(accounts))) < DOMAINLESS_SHARE
        rows = []
        for place, account in enumerate(accounts):
            domain: str | None = account.domain.upper() if is_loud[place] else account.domain
            if account.account_id in external and is_domainless[place]:
                domain = None
            if account.account_id in unmatched:
                domain = f"unknown-{account.account_id[1:]}.example"
            name = account.account_name.replace("株式会社", "（株）") if is_short[place] else account.account_name
            rows.append(
                company_row(
                    self.company_id("desk", account.account_id),
                    account.account_id if account.account_id in external else None,
                    name,
                    domain,
                    utc_text(account.signed_up_at + timedelta(minutes=30)),
                )
            )
        return rows

    def _people(self, source_name: str, first_seen: Mapping[str, str]) -> list[Row]:
        rng = self._generator("people", source_name)
        luck = rng.random((3, len(self.users)))
        strangers = sorted(first_seen, key=lambda user_id: float(luck[2, self.users[user_id][0]]))[:UNMATCHED_PEOPLE]
        rows: list[Row] = []
        for user_id, updated_at in first_seen.items():
            place, user = self.users[user_id]
            is_stranger = user_id in strangers
            email = _unmatched_email(user) if is_stranger else _email_as_typed(user, float(luck[0, place]))
            is_known = source_name == "desk" and luck[1, place] < DESK_KNOWN_USER_SHARE and not is_stranger
            row = self.person_row(source_name, user, email, updated_at)
            row["external_user_id"] = user_id if is_known else None
            if is_stranger:
                row["company_id"] = None
            rows.append(row)
        return rows


def company_row(company_id: str, account_id: str | None, name: str, domain: str | None, updated_at: str | None) -> Row:
    """One of a source's companies; `account_id` is that of the CRM, where the source was told."""
    return {
        "company_id": company_id,
        "external_account_id": account_id,
        "company_name": name,
        "domain": domain,
        "updated_at": updated_at,
    }


def _sharing_a_domain(block: Block) -> list[str]:
    domains = [account.domain for account in block.accounts]
    return [account.account_id for account in block.accounts if domains.count(account.domain) > 1]


def _first_sharing_a_domain(block: Block) -> list[str]:
    """One account of each pair that shares a domain."""
    account_of = {account.account_id: account for account in block.accounts}
    return list({account_of[found].domain: found for found in _sharing_a_domain(block)}.values())


def _unmatched_email(user: User) -> str:
    return f"{user.email.partition('@')[0]}@unknown-{user.account_id[1:]}.example"


def _email_as_typed(user: User, luck: float) -> str:
    """The user's address as a person types it; some give a private one, which nobody else knows."""
    if luck < UPPER_CASE_SHARE:
        return user.email.upper()
    if luck < UPPER_CASE_SHARE + SPACED_SHARE:
        return f" {user.email} "
    if luck < UPPER_CASE_SHARE + SPACED_SHARE + PRIVATE_MAIL_SHARE:
        return f"private.{user.user_id.lower()}@{FREE_MAIL_DOMAINS[0]}"
    return user.email
