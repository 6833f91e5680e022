"""Our own people and their teams: about two dozen, whatever the number of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from dagster_project.demo.window import Row, midnight, utc_text

if TYPE_CHECKING:
    from dagster_project.demo.block import Rows, World

MAIL_DOMAIN = "bansou.example"
FOUNDED_DAYS_BEFORE = 620  # the first of our people were there before the longest history of an account
TEAMS = {
    "TEAM-ENT": ("エンタープライズCS", "enterprise"),
    "TEAM-SMB": ("SMB CS", "smb"),
    "TEAM-SPC": ("スペシャリスト", "specialist"),
    "TEAM-SUP": ("サポート", "support"),
    "TEAM-SAL": ("営業", "sales"),
}
# Team and role of the people, in order of their ids.
SEATS = (
    *(("TEAM-ENT", "csm"),) * 4,
    *(("TEAM-ENT", "account_manager"),) * 2,
    *(("TEAM-SMB", "csm"),) * 4,
    *(("TEAM-SMB", "account_manager"),) * 2,
    *(("TEAM-SPC", "specialist"),) * 3,
    *(("TEAM-SUP", "support"),) * 4,
    *(("TEAM-SAL", "sales"),) * 5,
)
# Places among the seats: never all of one team and role, and never in sales, so that whoever sold an account was there.
LEAVING_SEATS = (2, 8, 13, 17)
JOINING_SEATS = (3, 9, 11, 14, 18)
CAPACITY_HOURS = {"csm": (26, 34), "specialist": (24, 32), "support": (28, 36), "sales": (20, 30)}
DEFAULT_CAPACITY_HOURS = (22, 30)
CAPACITY_PLANNED_AFTER_DAYS = 21
NAMES = (
    *("青木 恵", "井上 拓也", "上田 彩", "遠藤 健", "大野 真由", "岡本 翔太", "加藤 由美", "木村 大輔"),
    *("小林 千尋", "斎藤 亮", "坂本 美咲", "清水 誠", "鈴木 愛", "高橋 直樹", "田中 里奈", "中村 隆"),
    *("西村 香織", "野口 浩", "林 奈々", "藤田 修", "松本 沙織", "三浦 和也", "森 優子", "山口 徹"),
)


@dataclass(frozen=True)
class Owner:
    """One of our people; `left_date` is the first day without them, none for those who stay.

    `is_active` holds at the end of the window. `weekly_capacity_hours` is planned three weeks after the hire.
    """

    owner_id: str
    owner_name: str
    team_id: str
    role: str
    """csm, specialist, support, sales or account_manager."""
    is_active: bool
    hired_date: date
    left_date: date | None = None
    weekly_capacity_hours: int = 30

    def works_on(self, day: date) -> bool:
        """True where the person is with us on a day."""
        return self.hired_date <= day and (self.left_date is None or day < self.left_date)


def draw_staff(world: "World") -> list[Owner]:
    """Our people, equal for equal worlds; four leave and five join within the window."""
    rng = world.generator("staff")
    window = world.window
    return [_drawn_owner(place, window.first_day, window.day_count, rng) for place in range(len(SEATS))]


def _drawn_owner(place: int, first_day: date, day_count: int, rng: np.random.Generator) -> Owner:
    team_id, role = SEATS[place]
    share, capacity = float(rng.uniform(0.1, 0.8)), int(rng.integers(*CAPACITY_HOURS.get(role, DEFAULT_CAPACITY_HOURS)))
    change_date = first_day + timedelta(days=round(share * day_count))
    is_leaving, is_joining = place in LEAVING_SEATS, place in JOINING_SEATS
    founded_date = first_day - timedelta(days=FOUNDED_DAYS_BEFORE + int(rng.integers(0, 200)))
    return Owner(
        owner_id=f"O{place + 1:03d}",
        owner_name=NAMES[place],
        team_id=team_id,
        role=role,
        is_active=not is_leaving,
        hired_date=change_date if is_joining else founded_date,
        left_date=change_date if is_leaving else None,
        weekly_capacity_hours=capacity,
    )


def staff_rows(world: "World") -> "Rows":
    """Rows of owners (joined, planned, left) and teams."""
    owners = draw_staff(world)
    founded = midnight(min(owner.hired_date for owner in owners) - timedelta(days=1))
    return {
        "owners": [row for owner in owners for row in _owner_rows(owner)],
        "teams": [
            {"team_id": team_id, "team_name": name, "team_kind": kind, "updated_at": utc_text(founded)}
            for team_id, (name, kind) in TEAMS.items()
        ],
    }


def _owner_rows(owner: Owner) -> list[Row]:
    planned = owner.hired_date + timedelta(days=CAPACITY_PLANNED_AFTER_DAYS)
    capacity = Decimal(owner.weekly_capacity_hours)
    rows = [_owner_row(owner, True, None, midnight(owner.hired_date))]
    if owner.left_date is None or planned < owner.left_date:
        rows.append(_owner_row(owner, True, capacity, midnight(planned)))
    if owner.left_date is not None:
        rows.append(_owner_row(owner, False, None, midnight(owner.left_date)))
    return rows


def _owner_row(owner: Owner, is_active: bool, capacity: Decimal | None, moment: datetime) -> Row:
    return {
        "owner_id": owner.owner_id,
        "owner_name": owner.owner_name,
        "email": f"{owner.owner_id.lower()}@{MAIL_DOMAIN}",
        "team_id": owner.team_id,
        "is_active": is_active,
        "weekly_capacity_hours": capacity,
        "updated_at": utc_text(moment + timedelta(hours=1)),
    }


def working(owners: Sequence[Owner], role: str, day: date, team_id: str | None = None) -> list[Owner]:
    """Those of a role, and of a team where one is given, who are with us on a day."""
    return [
        owner for owner in owners if owner.role == role and team_id in (None, owner.team_id) and owner.works_on(day)
    ]
