"""The planted accounts of a world, with their rows, their ids in every system, and the key to them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import pyarrow as pa

from dagster_project.demo.block import MOST_ACCOUNTS_BESIDE_PLANTED, Rows, World
from dagster_project.demo.identity import SOURCES, SourceIds, company_row
from dagster_project.demo.planted.company import Company, Surroundings
from dagster_project.demo.planted.plant import Planted
from dagster_project.demo.planted.script import company_rows
from dagster_project.demo.planted.subjects import PLANTED
from dagster_project.demo.planted.usage import usage_table
from dagster_project.demo.window import Row, utc_text

FIRST_NUMBER = MOST_ACCOUNTS_BESIDE_PLANTED + 1
KEY_COLUMNS = ("subject_kind", "subject_id", "account_id", "is_case", "note")


@dataclass(frozen=True)
class PlantedAccounts:
    """The planted accounts of a world; equal for worlds with the same first today and the same people of ours."""

    world: World
    planted: Sequence[Planted] = PLANTED

    @cached_property
    def companies(self) -> list[Company]:
        """One for each plant: equal ones are one account, a case of one subject and a near miss of another."""
        around = Surroundings(self.world)
        plants = dict.fromkeys(told.plant for told in self.planted)
        return [Company(number, plant, around) for number, plant in enumerate(plants, start=FIRST_NUMBER)]

    @cached_property
    def rows(self) -> Rows:
        """Their rows under our own ids, by entity; usage comes by day."""
        rows: Rows = {}
        for company in self.companies:
            for entity, told in company_rows(company).items():
                rows.setdefault(entity, []).extend(told)
        return rows

    @cached_property
    def ids(self) -> "PlantedIds":
        """Their ids in every system."""
        return PlantedIds(self.companies)

    def usage(self, first: date, last: date) -> pa.Table:
        """Their events from the day `first` to `last` under the product's ids, in the schema of every usage file."""
        return usage_table(self.companies, self.ids, first, last)

    @property
    def key_rows(self) -> list[Row]:
        """One row per subject and account planted for it: whether it is a case or just over the edge."""
        company_of = {company.plant: company for company in self.companies}
        return [
            {
                "subject_kind": told.subject_kind.value,
                "subject_id": told.subject_id,
                "account_id": company_of[told.plant].account_id,
                "is_case": told.is_case,
                "note": told.note,
            }
            for told in self.planted
        ]


class PlantedIds(SourceIds):
    """Every system knows whose company it tells of, and people give the address that the product knows."""

    def __init__(self, companies: Sequence[Company]) -> None:
        self._told = companies
        super().__init__(
            [user for company in companies for user in company.users],
            {
                name: {company.account_id: f"{source.company_letter}{company.number:05d}" for company in companies}
                for name, source in SOURCES.items()
                if source.company_letter
            },
        )

    def own_rows(self, rows: Rows) -> Iterator[tuple[str, str, list[Row]]]:
        """Source, entity and rows of the companies and people that the sources tell of themselves."""
        for name, source in SOURCES.items():
            if source.company_letter:
                yield (
                    name,
                    "companies",
                    [
                        company_row(
                            self.company_id(name, company.account_id),
                            company.account_id,
                            company.account_name,
                            company.domain,
                            utc_text(company.moment(company.start, 1) + timedelta(minutes=5)),
                        )
                        for company in self._told
                    ],
                )
            if source.person_letter:
                seen = self.first_seen(source, rows)
                people = ((self.users[user_id][1], updated_at) for user_id, updated_at in seen.items())
                yield name, "people", [self.person_row(name, user, user.email, known) for user, known in people]
