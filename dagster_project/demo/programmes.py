"""The programmes that a world holds, and the subgroups of its community; the same for every customer."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dagster_project.demo.block import Rows, World
from dagster_project.demo.window import Row, midnight, months_between, utc_text

ANNOUNCED_DAYS = 14
TITLES = {
    "webinar": ("はじめての活用", "レポートの作り方", "他社の事例", "Advanced automation"),
    "training": ("管理者向け研修", "現場向け研修"),
    "study_hall": ("もくもく活用会",),
    "event": ("ユーザー会",),
}
# Kind: how many a month, the phase and the touch.
MONTHLY = {
    "webinar": (4, "newcomer", "low"),
    "training": (2, "established", "low"),
    "study_hall": (1, "advanced", "high"),
}
JOURNEYS = (("J-newcomer", "はじめの90日のメール"), ("J-use-more", "半年からの「もっと使う」メール"))
SUBGROUPS = (
    ("G1", "製造業の会", "customer", 60),
    ("G2", "管理者の会", "vendor", 0),
    ("G3", "採用チーム", "customer", 150),
    ("G4", "API users", "vendor", 210),
    ("G5", "関西の会", "customer", 300),
    ("G6", "CS運営の会", "customer", 380),
)


@dataclass(frozen=True)
class Programme:
    """A webinar, training, study hall, event or mail journey; a journey is held at no moment."""

    programme_id: str
    programme_name: str
    programme_kind: str
    phase: str
    touch: str
    held_at: datetime | None


def programmes(world: World) -> list[Programme]:
    """Four webinars, two trainings and a study hall a month, an event a quarter, and two journeys."""
    found = [Programme(*told, "mail_journey", "any", "tech", None) for told in JOURNEYS]
    for month in months_between(world.window.first_day, world.window.last_day):
        for kind, (count, phase, touch) in MONTHLY.items():
            found += [_held(month, kind, number, phase, touch) for number in range(count)]
        if month.month % 3 == 2:  # noqa: PLR2004 - the middle of each quarter
            found.append(_held(month, "event", 0, "any", "low"))
    window = world.window
    return [p for p in found if p.held_at is None or window.first_day <= p.held_at.date() <= window.last_day]


def _held(month: date, kind: str, number: int, phase: str, touch: str) -> Programme:
    day = month + timedelta(days=3 + 7 * number + list(TITLES).index(kind))
    titles = TITLES[kind]
    name = f"{titles[(month.month + number) % len(titles)]} {month:%Y-%m}"
    held_at = midnight(day) + timedelta(hours=6 if kind != "event" else 4)
    return Programme(f"{kind[:2].upper()}-{month:%Y-%m}-{number + 1}", name, kind, phase, touch, held_at)


def programme_rows(world: World) -> Rows:
    """Programmes, known two weeks before they are held, and the community's subgroups, known at their founding."""
    begin = world.window.first_day
    known_programmes: list[Row] = [
        {
            "programme_id": programme.programme_id,
            "programme_name": programme.programme_name,
            "programme_kind": programme.programme_kind,
            "phase": programme.phase,
            "touch": programme.touch,
            "held_at": utc_text(programme.held_at),
            "updated_at": utc_text((programme.held_at or midnight(begin)) - timedelta(days=ANNOUNCED_DAYS)),
        }
        for programme in programmes(world)
    ]
    subgroups: list[Row] = [
        {
            "subgroup_id": subgroup_id,
            "subgroup_name": name,
            "run_by": run_by,
            "founded_date": founded_on(world, share).isoformat(),
            "updated_at": utc_text(midnight(founded_on(world, share)) + timedelta(hours=3)),
        }
        for subgroup_id, name, run_by, share in SUBGROUPS
    ]
    return {"programmes": known_programmes, "community_subgroups": subgroups}


def founded_on(world: World, day_of_540: int) -> date:
    """The founding day of a subgroup, told for a world of 540 days and scaled to this one."""
    return world.window.first_day + timedelta(days=round(day_of_540 * world.day_count / 540))
