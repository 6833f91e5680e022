"""Accounts planted for the phases of support."""

from dagster_project.demo.planted.levels import (
    ABOVE_LINE,
    BELOW_LINE,
    BOTTOM_OF_THRIVING,
    EVERY_OTHER_DAY,
    NO_USE,
    SECOND_RUNG,
    TOP_OF_ADOPTING,
    WELL_BELOW,
    since,
    steady_then,
)
from dagster_project.demo.planted.plant import STEADY, Task, Use, case, near

JUST_ABOVE_ON_THIRD_RUNG = Use(1, EVERY_OTHER_DAY, (1, 4, 8), seconds=120, changes=0)
BELOW_ON_THIRD_RUNG = (Use(1, features=(1, 4, 8)), since(6, WELL_BELOW))
NOTHING_HAPPENED_YET = {
    "tickets": (), "answers": (), "hearings": (), "plan": None, "tasks": (), "webinars": (), "clicks": (),
    "reads": (), "voices": (), "strategy": None,
}  # fmt: skip

PHASES = {
    "sceptical": (
        case("just below the line", use=(BELOW_LINE,)),
        case("not used at all", use=(NO_USE,)),
        case("well used before", age=100, use=steady_then(8, WELL_BELOW)),
        case("below the line, on the third rung", age=100, use=BELOW_ON_THIRD_RUNG),
        case("below the line, on its own for three months", age=130, use=(BELOW_LINE,), tasks=()),
        near("just above the line", use=(ABOVE_LINE,)),
        near("too new for a score", age=5, **NOTHING_HAPPENED_YET),
    ),
    "convinced": (
        case("just above the line", use=(ABOVE_LINE,)),
        case("just under the edge of thriving", use=(TOP_OF_ADOPTING,)),
        case("two people, second rung", use=(Use(2, EVERY_OTHER_DAY, SECOND_RUNG),)),
        case("three people on Mondays", use=(Use(3, (0,), (1, 4)),)),
        case("enterprise, just above the line", segment="enterprise", use=(ABOVE_LINE,)),
        near("just below the line", use=(BELOW_LINE,)),
        near("just over the edge of thriving", use=(BOTTOM_OF_THRIVING,)),
        near("just above the line, on the third rung", use=(JUST_ABOVE_ON_THIRD_RUNG,)),
    ),
    "skilled": (
        case("just over the edge of thriving, second rung", use=(BOTTOM_OF_THRIVING,)),
        case("just above the line, third rung", use=(JUST_ABOVE_ON_THIRD_RUNG,)),
        case("steady"),
        case("helped 89 days ago", age=130, tasks=(Task("call", 89),)),
        case("not helped, too new for three months", age=85, tasks=()),
        near("just under the edge of thriving, second rung", use=(TOP_OF_ADOPTING,)),
        near("below the line, third rung", age=100, use=BELOW_ON_THIRD_RUNG),
        near("helped 90 days ago", age=130, tasks=(Task("call", 90),)),
    ),
    "self_running": (
        case("never helped", age=130, tasks=()),
        case("helped 90 days ago", age=130, tasks=(Task("call", 90),)),
        case("worked on among ourselves", age=130, tasks=(Task("internal", 20),)),
        case("help planned, not given", age=130, tasks=(Task("call", 20, is_done=False),)),
        case("just above the line all the time", age=150, tasks=(), use=(ABOVE_LINE,)),
        near("helped 89 days ago", age=130, tasks=(Task("call", 89),)),
        near("helped by mail", age=130, tasks=(Task("mail", 20),)),
        near(
            "below the line in one of the three months",
            age=150,
            tasks=(),
            use=(*STEADY, since(11, NO_USE), since(7, STEADY[0])),
        ),
        near("never helped, 85 days old", age=85, tasks=()),
    ),
}
