"""Accounts planted for the tiers of maturity: each axis at the minimum of a tier, or just under it."""

from typing import Any

from dagster_project.demo.planted.levels import NO_USE, THIRD_RUNG, since
from dagster_project.demo.planted.plant import Person, Plan, Post, Use, case, near

EVERY_FEATURE = tuple(range(1, 15))
WITHOUT_CHAT = (*THIRD_RUNG, 11, 12, 13)
NINE_POSTS = tuple(Post(days_ago) for days_ago in range(5, 70, 8))
FEW_TRAININGS, MANY_TRAININGS = (1, 1, 2, 2), (1, 1, 1, 1, 2, 2, 2, 2)
IN_CHARGE = (Person("person_in_charge", user=1, is_champion=True),)
# Nearly everything, by everyone in six departments, carried by the strategy.
LEADING: dict[str, Any] = {
    "plan_name": "enterprise",
    "seats": 6,
    "people": 6,
    "departments": 6,
    "use": (Use(6, features=EVERY_FEATURE, count=6, changes=8),),
    "posts": NINE_POSTS,
    "trainings": MANY_TRAININGS,
    "strategy": 4,
    "plan": Plan(attained=90),
}


def _deep(
    features: tuple[int, ...], *, count: int, changes: int, posts: int, trainings: tuple[int, ...] = ()
) -> dict[str, Any]:
    """As broad and as high as can be; the depth is what these make it."""
    use = Use(6, features=features, count=count, changes=changes)
    return LEADING | {"use": (use,), "posts": NINE_POSTS[:posts], "trainings": trainings}


def _broad(
    active: int, features: tuple[int, ...], *, people: int, seats: int, departments: int, is_one_role: bool = False
) -> dict[str, Any]:
    """As high as can be, and deep enough; the breadth is what these make it."""
    used = {"people": people, "seats": seats, "departments": departments, "trainings": FEW_TRAININGS}
    use = Use(active, features=features, count=6, changes=8)
    return LEADING | used | {"use": (use,)} | ({"contacts": IN_CHARGE} if is_one_role else {})


def _high(strategy: float | None) -> dict[str, Any]:
    return LEADING | {"strategy": strategy}


# Depth or breadth, as read from a built warehouse.
DEPTH_0_99 = _deep(THIRD_RUNG, count=1, changes=1, posts=0)
DEPTH_1_03 = _deep(THIRD_RUNG, count=1, changes=2, posts=0)
DEPTH_1_99 = _deep(THIRD_RUNG, count=1, changes=1, posts=2, trainings=FEW_TRAININGS)
DEPTH_2_03 = _deep(THIRD_RUNG, count=1, changes=2, posts=2, trainings=FEW_TRAININGS)
DEPTH_2_74 = _deep(WITHOUT_CHAT, count=2, changes=3, posts=7)
DEPTH_2_78 = _deep(WITHOUT_CHAT, count=1, changes=1, posts=7, trainings=(1,))
DEPTH_3_48 = _deep(EVERY_FEATURE, count=2, changes=3, posts=7, trainings=FEW_TRAININGS)
DEPTH_3_53 = _deep(EVERY_FEATURE, count=1, changes=1, posts=7, trainings=MANY_TRAININGS)
BREADTH_0_98 = _broad(1, (1, 2, 8), people=2, seats=10, departments=2, is_one_role=True)
BREADTH_1_01 = _broad(1, (1, 2, 8), people=2, seats=8, departments=2, is_one_role=True)
BREADTH_1_98 = _broad(1, (1, 2, 3, 4), people=2, seats=10, departments=2)
BREADTH_2_01 = _broad(1, (1, 2, 3, 8, 12), people=2, seats=8, departments=2)
BREADTH_2_73 = _broad(3, EVERY_FEATURE, people=6, seats=6, departments=3, is_one_role=True)
BREADTH_2_78 = _broad(4, EVERY_FEATURE, people=4, seats=8, departments=4, is_one_role=True)
BREADTH_3_48 = _broad(3, EVERY_FEATURE, people=6, seats=6, departments=3)
BREADTH_3_53 = _broad(4, EVERY_FEATURE, people=4, seats=8, departments=4)
LED = LEADING | {"trainings": (3, 3, 3, 3, 4, 4, 4, 4), "assessed": 60}
LED_A_MONTH_AGO = LED | {"age": 120, "use": (*LEADING["use"], since(5, NO_USE))}
LED_TWO_MONTHS_AGO = LED | {"age": 150, "use": (*LEADING["use"], since(11, NO_USE))}

TIERS = {
    "1": (
        case("depth just under 1", **DEPTH_0_99),
        case("breadth just under 1", **BREADTH_0_98),
        case("depth just under 1, no strategy", **DEPTH_0_99 | {"strategy": 0}),
        case("depth under 1 whatever the height, which is unknown", **DEPTH_0_99 | {"strategy": None}),
        case("not used at all", use=(NO_USE,)),
        near("depth just over 1", **DEPTH_1_03),
        near("breadth just over 1", **BREADTH_1_01),
    ),
    "2": (
        case("depth just over 1", **DEPTH_1_03),
        case("breadth just over 1", **BREADTH_1_01),
        case("depth just under 2", **DEPTH_1_99),
        case("breadth just under 2", **BREADTH_1_98),
        case("height 1.4, all else leading", **_high(1.4)),
        case("led until two month ends ago", **LED_TWO_MONTHS_AGO),
        near("depth just under 1", **DEPTH_0_99),
        near("height 1.5, all else leading", **_high(1.5)),
        near("led until a month end ago", **LED_A_MONTH_AGO),
        near("height unknown, all else leading", **_high(None)),
    ),
    "3": (
        case("height 1.5, all else leading", **_high(1.5)),
        case("height 2.2, all else leading", **_high(2.2)),
        case("depth just over 2", **DEPTH_2_03),
        case("breadth just over 2", **BREADTH_2_01),
        case("depth just under 2.75", **DEPTH_2_74),
        case("breadth just under 2.75", **BREADTH_2_73),
        near("height 1.4, all else leading", **_high(1.4)),
        near("depth just under 2", **DEPTH_1_99),
        near("height 2.3, all else leading", **_high(2.3)),
    ),
    "4": (
        case("height 2.3, all else leading", **_high(2.3)),
        case("height 2.9, all else leading", **_high(2.9)),
        case("depth just over 2.75", **DEPTH_2_78),
        case("breadth just over 2.75", **BREADTH_2_78),
        case("depth just under 3.5", **DEPTH_3_48),
        case("breadth just under 3.5", **BREADTH_3_48),
        near("depth just under 2.75", **DEPTH_2_74),
        near("height 2.2, all else leading", **_high(2.2)),
        near("height 3, all else leading", **_high(3)),
    ),
    "5": (
        case("leading", **LEADING),
        case("height 3, all else leading", **_high(3)),
        case("depth just over 3.5", **DEPTH_3_53),
        case("breadth just over 3.5", **BREADTH_3_53),
        case("led until a month end ago", **LED_A_MONTH_AGO),
        near("height 2.9, all else leading", **_high(2.9)),
        near("depth just under 3.5", **DEPTH_3_48),
        near("height unknown, all else leading", **_high(None)),
    ),
}
