"""What can be said of a planted account: a small company, healthy and quiet unless a knob says otherwise.

Days are counted back from the world's first today, so that the edge of a rule can be met to the day.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

MONTHS_PER_YEAR = 12


class SubjectKind(StrEnum):
    """What an account can be planted for."""

    SIGNAL = "signal"
    CELL = "cell"
    TIER = "tier"
    PHASE = "phase"


@dataclass(frozen=True)
class Use:
    """How the product is used from a Monday on, or from the start.

    `weeks_ago` 0 is the Monday of the first week that is not over today, 1 that of the last complete week, and so on.
    On each of the `weekdays` (0 is Monday) each of the first `people` users works once, with one feature after the
    other: a session of `seconds`, in which it is used `count` times and `changes` records are changed.
    """

    people: int
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    features: tuple[int, ...] = (1, 2, 3, 4)
    count: int = 1
    seconds: int = 600
    changes: int = 2
    weeks_ago: int | None = None


@dataclass(frozen=True)
class Ahead:
    """A day after today: `days` after the first one that lies `months` months or more ahead.

    `is_beyond`: after the first one that lies more than these months ahead. Months are counted back from the day, as
    the rules do: 31 August is a month before 30 September, and so is 30 August.
    """

    months: int = 0
    days: int = 0
    is_beyond: bool = False

    def after(self, today: date) -> date:
        """The day."""
        day = today
        while (before := months_before(day, self.months)) < today or (self.is_beyond and before == today):
            day += timedelta(days=1)
        return day + timedelta(days=self.days)


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months before, or the last day of that month."""
    year, month = divmod(day.year * MONTHS_PER_YEAR + day.month - 1 - months, MONTHS_PER_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Term:
    """A contract from one day to another, each so many days ago or ahead; negative days ago are ahead too."""

    starts: Ahead | int
    ends: Ahead | int = Ahead(10)
    """The first day on which it is no longer live."""
    signed: int | None = None
    """Days ago; on its first day where none is given."""


def day_of(told: Ahead | int, today: date) -> date:
    """The day that is told as ahead of today, or as so many days ago."""
    return told.after(today) if isinstance(told, Ahead) else today - timedelta(days=told)


@dataclass(frozen=True)
class Person:
    """Somebody with whom we speak, and who left so many days ago; `user` is the number of the seat, if any."""

    contact_role: str
    user: int | None = None
    is_champion: bool = False
    left: int | None = None


@dataclass(frozen=True)
class Ticket:
    """A ticket of so many days ago; not solved where no day is given."""

    created: int
    solved: int | None = None
    is_escalated: bool = False
    satisfaction: str | None = "good"


@dataclass(frozen=True)
class Answer:
    """A survey answer of so many days ago by one of the users."""

    answered: int
    score: int
    user: int = 1
    survey_kind: str = "nps"


@dataclass(frozen=True)
class Hearing:
    """What sales or the CSM heard so many days ago, 0 to 4 points each."""

    hearing_role: str
    heard: int
    satisfaction: int
    renewal: int


@dataclass(frozen=True)
class Plan:
    """A year's goal, so many days after the start, and how far it is attained in per cent (none: never measured).

    The first success is an initiative of it, due and reached so many days after the start; with `has_success` false
    there is none.
    """

    agreed: int = 0
    attained: float | None = 70
    has_success: bool = True
    due: int = 45
    reached: int | None = 20


@dataclass(frozen=True)
class Task:
    """What one of us planned for a day so many days ago, and did on it unless `is_done` is false."""

    task_kind: str
    planned: int
    is_done: bool = True


@dataclass(frozen=True)
class Request:
    """Sales asks for help, so many days ago, until so many days ago."""

    requested: int
    closed: int | None = None


@dataclass(frozen=True)
class Post:
    """A post of the first user in the community, so many days ago."""

    posted: int
    post_kind: str = "question"


STEADY = (Use(people=5, features=(1, 2, 3, 4, 5, 6, 8)),)


@dataclass(frozen=True)
class Plant:
    """A company of a few people. Without a change it fires no signal of a risk."""

    age: int = 75
    """Days since the start of its first contract."""
    segment: str = "smb"
    plan_name: str = "business"
    seats: int = 5
    people: int = 5
    """Of the users; each has logged in."""
    departments: int = 3
    use: tuple[Use, ...] = STEADY
    terms: tuple[Term, ...] | None = None
    """One, from the start until ten months ahead, where none is given."""
    contacts: tuple[Person, ...] = (
        Person("person_in_charge", user=1, is_champion=True),
        Person("influencer"),
        Person("decision_maker", user=2),
    )
    tickets: tuple[Ticket, ...] = (Ticket(20, solved=20),)
    answers: tuple[Answer, ...] = (Answer(18, 8),)
    hearings: tuple[Hearing, ...] = (Hearing("sales", 16, 3, 3), Hearing("csm", 12, 3, 3))
    plan: Plan | None = Plan()
    tasks: tuple[Task, ...] = (Task("web_meeting", 10),)
    requests: tuple[Request, ...] = ()
    needs_specialist: bool = False
    """A specialist helps to connect its data, from the first day on."""
    proposals: tuple[int, ...] = ()
    """Days ago on which we proposed to expand."""
    posts: tuple[Post, ...] = ()
    webinars: tuple[int, ...] = (2,)
    """Attended: the last one before today is 1, the one before it 2; where a number repeats, by another user."""
    trainings: tuple[int, ...] = ()
    clicks: tuple[int, ...] = (9,)
    """Days ago on which a link in a mail was clicked."""
    reads: tuple[int, ...] = (14,)
    """Days ago on which an article was read."""
    voices: tuple[int, ...] = (15,)
    """Days ago on which the product was spoken of."""
    strategy: float | None = 2
    """Points of the strategy, the organisation and the people."""
    assessed: int = 14
    is_invoice_paid: bool = True

    @property
    def all_terms(self) -> tuple[Term, ...]:
        """The contracts, the first one first."""
        return self.terms or (Term(self.age),)

    def __post_init__(self) -> None:
        too_old = [told for told in self.days_ago() if told > self.age]
        if too_old:
            raise ValueError(f"something happened {max(too_old)} days ago, at an age of {self.age} days")

    def days_ago(self) -> Iterator[int]:
        """How long ago each of its facts was."""
        yield from (*self.clicks, *self.reads, *self.voices, *self.proposals)
        yield from (told.created for told in self.tickets)
        yield from (told.answered for told in self.answers)
        yield from (told.heard for told in self.hearings)
        yield from (told.planned for told in self.tasks)
        yield from (told.requested for told in self.requests)
        yield from (told.posted for told in self.posts)
        if self.strategy is not None:
            yield self.assessed


@dataclass(frozen=True)
class Planted:
    """An account planted for a subject: a case, or just over its edge."""

    subject_kind: SubjectKind
    subject_id: str
    is_case: bool
    note: str
    plant: Plant


Told = tuple[bool, str, Plant]


def case(note: str, **knobs: Any) -> Told:
    """A case of a subject, with what makes it one."""
    return True, note, Plant(**knobs)


def near(note: str, **knobs: Any) -> Told:
    """Just over the edge, with what keeps it out."""
    return False, note, Plant(**knobs)


def planted(subject_kind: SubjectKind, subjects: Mapping[str, Sequence[Told]]) -> list[Planted]:
    """What is planted for the subjects of one kind, by their ids."""
    return [Planted(subject_kind, subject_id, *one) for subject_id, told in subjects.items() for one in told]
