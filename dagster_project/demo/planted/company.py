"""A planted account in its world: its days, its people, its contracts, and those of ours who look after it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from dagster_project.demo.block import World
from dagster_project.demo.contracts import SEAT_PRICE, TERM_DAYS, Contract
from dagster_project.demo.names import account_domain, account_name, person_name
from dagster_project.demo.people import DEPARTMENTS, TIME_ZONES, Contact, User
from dagster_project.demo.planted.plant import Plant, Term, day_of
from dagster_project.demo.programmes import Programme, programmes
from dagster_project.demo.staff import Owner, draw_staff
from dagster_project.demo.window import midnight

COUNTRY = "JP"
TEAMS = {"enterprise": "TEAM-ENT", "smb": "TEAM-SMB"}
JOB_TITLES = {
    "person_in_charge": "業務推進 課長",
    "influencer": "情報システム部 部長",
    "decision_maker": "執行役員 営業本部長",
}


@dataclass(frozen=True)
class Surroundings:
    """What planted accounts share: the world, our people who are there all the time, and what is held."""

    world: World

    @cached_property
    def owners(self) -> list[Owner]:
        """Those of our people who neither join nor leave within the window."""
        first_day = self.world.window.first_day
        return [owner for owner in draw_staff(self.world) if owner.left_date is None and owner.hired_date <= first_day]

    @cached_property
    def held(self) -> list[Programme]:
        """The programmes held by the first today, the latest first."""
        end = midnight(self.world.until + timedelta(days=1))
        told = [programme for programme in programmes(self.world) if programme.held_at and programme.held_at < end]
        return sorted(told, key=lambda programme: str(programme.held_at), reverse=True)


@dataclass(frozen=True)
class Company:
    """A planted account; its number makes its ids, as those of the other accounts do."""

    number: int
    plant: Plant
    around: Surroundings

    @property
    def account_id(self) -> str:
        """As in the CRM."""
        return f"A{self.number:05d}"

    @property
    def account_name(self) -> str:
        """An invented one that no other account has."""
        return account_name(self.number, COUNTRY)

    @property
    def domain(self) -> str:
        """Of its mail addresses; no other account has it."""
        return account_domain(self.number, COUNTRY)

    @property
    def today(self) -> date:
        """The world's first today."""
        return self.around.world.until

    @property
    def start(self) -> date:
        """The first day of the first contract."""
        return self.today - timedelta(days=self.plant.age)

    def day(self, days_ago: int) -> date:
        """The day so many days before today."""
        return self.today - timedelta(days=days_ago)

    def after_start(self, days: int) -> date:
        """The day so many days after the start."""
        return self.start + timedelta(days=days)

    def owner(self, role: str) -> Owner:
        """One of our people of a role, of the segment's team where the role has one for each."""
        told = [owner for owner in self.around.owners if owner.role == role]
        told = [owner for owner in told if owner.team_id == TEAMS[self.plant.segment]] or told
        return told[self.number % len(told)]

    def programme(self, kind: str, number: int) -> Programme:
        """The programme of a kind that was held last (1), or the one before it (2) …"""
        return [programme for programme in self.around.held if programme.programme_kind == kind][number - 1]

    @cached_property
    def contracts(self) -> list[Contract]:
        """Its contracts, each following the one before it."""
        found: list[Contract] = []
        for term in self.plant.all_terms:
            found.append(self._contract(term, found[-1].contract_id if found else None, len(found) + 1))
        return found

    def _contract(self, term: Term, previous_contract_id: str | None, number: int) -> Contract:
        start, end = day_of(term.starts, self.today), day_of(term.ends, self.today)
        signed_date = start if term.signed is None else self.day(term.signed)
        frequency = next((name for name, longest in TERM_DAYS.items() if (end - start).days <= longest), "annual")
        return Contract(
            contract_id=f"C{self.number:05d}-{number:02d}",
            account_id=self.account_id,
            previous_contract_id=previous_contract_id,
            contract_model="subscription",
            plan_name=self.plant.plan_name,
            billing_frequency=frequency,
            currency_code="JPY",
            is_trial=False,
            seat_count=self.plant.seats,
            mrr_amount=(SEAT_PRICE[self.plant.plan_name] * self.plant.seats).quantize(Decimal("0.01")),
            one_off_amount=None,
            signed_date=signed_date,
            start_date=start,
            end_date=end,
            known_at=midnight(signed_date) + timedelta(minutes=70),
        )

    @cached_property
    def users(self) -> list[User]:
        """Its users, in the order of their numbers; each is in on the first day."""
        return [self._user(number) for number in range(1, self.plant.people + 1)]

    def _user(self, number: int) -> User:
        name, local = person_name(self.number + 31 * number, COUNTRY)
        created_at = midnight(self.start) + timedelta(hours=1, minutes=20 + number)
        return User(
            user_id=self.user_id(number),
            account_id=self.account_id,
            user_name=name,
            email=f"{local}{number}@{self.domain}",
            department=list(DEPARTMENTS)[(number - 1) % self.plant.departments],
            time_zone=TIME_ZONES[COUNTRY],
            is_administrator=number == 1,
            created_at=created_at,
            activated_at=created_at + timedelta(minutes=15),
            deactivated_at=None,
            keenness=1.0,
        )

    def user_id(self, number: int) -> str:
        """The id of the user with this number."""
        return f"U{self.number:05d}-{number:03d}"

    @cached_property
    def contacts(self) -> list[Contact]:
        """Those with whom we speak, met on the first day."""
        found = []
        for place, person in enumerate(self.plant.contacts, start=1):
            user = None if person.user is None else self.users[person.user - 1]
            name, local = person_name(self.number + 57 * place, COUNTRY)
            found.append(
                Contact(
                    contact_id=f"K{self.number:05d}-{place}",
                    account_id=self.account_id,
                    user_id=user.user_id if user else None,
                    contact_role=person.contact_role,
                    contact_name=user.user_name if user else name,
                    email=user.email if user else f"{local}.c{place}@{self.domain}",
                    job_title=JOB_TITLES[person.contact_role],
                    department=user.department if user else "management",
                    is_champion=person.is_champion,
                    known_at=midnight(self.start) + timedelta(hours=3),
                    left_date=None if person.left is None else self.day(person.left),
                )
            )
        return found

    def moment(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A moment on a day, so many hours and minutes after its midnight in UTC."""
        return midnight(day) + timedelta(hours=hour, minutes=minute)
