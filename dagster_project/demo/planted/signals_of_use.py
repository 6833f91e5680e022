"""Accounts planted for the signals that read how the product is used, and how the account stands by its scores."""

from typing import Any

from dagster_project.demo.planted.levels import (
    ABOVE_LINE,
    BELOW_LINE,
    BOTTOM_OF_THRIVING,
    EVERY_OTHER_DAY,
    NO_USE,
    TOP_OF_ADOPTING,
    WELL_BELOW,
    since,
    steady_then,
)
from dagster_project.demo.planted.plant import STEADY, Answer, Hearing, Plan, Task, Ticket, Use, case, near

TWENTY_MINUTES, TWENTY_ONE_MINUTES = Use(1, seconds=240), Use(1, seconds=252)  # in a week of five days

# A customer who has had enough, and one about whom nothing new was heard for two months.
DISPLEASED: dict[str, Any] = {
    "answers": (Answer(18, 2),),
    "hearings": (Hearing("sales", 16, 0, 0), Hearing("csm", 12, 0, 0)),
    "webinars": (),
    "clicks": (),
    "reads": (),
    "voices": (),
    "strategy": 0,
}
TROUBLED = DISPLEASED | {
    "tickets": (Ticket(40, is_escalated=True), Ticket(50, solved=45, satisfaction="bad")),
    "plan": Plan(attained=5, reached=None),
    "is_invoice_paid": False,
}
LONG_UNHEARD: dict[str, Any] = {
    "age": 120,
    "answers": (Answer(60, 8),),
    "hearings": (Hearing("sales", 60, 3, 3), Hearing("csm", 60, 3, 3)),
    "tickets": (Ticket(60, solved=60),),
    "webinars": (8,),
    "clicks": (50,),
    "reads": (50,),
    "voices": (50,),
    "assessed": 60,
}
LONG_DISPLEASED = LONG_UNHEARD | {
    "answers": (Answer(60, 2),),
    "hearings": (Hearing("sales", 60, 0, 0), Hearing("csm", 60, 0, 0)),
    "tickets": (Ticket(60, is_escalated=True), Ticket(70, solved=65, satisfaction="bad")),
    "webinars": (),
    "clicks": (),
    "reads": (),
    "voices": (),
    "strategy": 0,
    "plan": Plan(attained=5, reached=None),
}
BAD_NEWS: dict[str, Any] = {
    "answers": (Answer(60, 8), Answer(20, 1)),
    "hearings": (*LONG_UNHEARD["hearings"], Hearing("sales", 20, 0, 0), Hearing("csm", 20, 0, 0)),
    "tickets": (Ticket(60, solved=60), Ticket(20, is_escalated=True), Ticket(19, is_escalated=True)),
}
# Health scores: 2.71 to 2.73 and 2.76 to 2.78 where all else is well, 1.47 to 1.49 and 1.52 to 1.54 in trouble.
UNDER_THE_TOP = Use(3, EVERY_OTHER_DAY, (1, 2, 3, 4), changes=0)
OVER_THE_TOP = Use(3, EVERY_OTHER_DAY, (1, 2, 3, 4), changes=3)
UNDER_THE_SECOND = Use(1, EVERY_OTHER_DAY, (1, 2, 3, 4), changes=0)
OVER_THE_SECOND = Use(1, EVERY_OTHER_DAY, (1, 2, 3, 4), changes=2)
THIRD_RUNG_BELOW_TOP = Use(3, features=(1, 2, 4, 8), seconds=300, changes=0)
MIDDLING = Use(2, EVERY_OTHER_DAY, (1, 2, 3, 4), seconds=300)

SIGNALS_OF_USE = {
    "day_90_below_line": (
        case("below the line on day 90, which is today", age=90, use=(BELOW_LINE,)),
        case("the day after day 90", age=91, use=(BELOW_LINE,)),
        case("a month after day 90", age=120, use=(BELOW_LINE,)),
        case("well used at first, below the line by day 90", age=125, use=steady_then(12, WELL_BELOW)),
        case("the last day of the signal", age=179, use=(BELOW_LINE,)),
        near("day 89", age=89, use=(BELOW_LINE,)),
        near("day 180", age=180, use=(BELOW_LINE,)),
        near("just above the line on day 90, below it now", age=130, use=(ABOVE_LINE, since(5, BELOW_LINE))),
        near("below the line on day 90, just above it now", age=130, use=(BELOW_LINE, since(5, ABOVE_LINE))),
    ),
    "score_drop": (
        case("down by 0.53 to 0.57", age=100, use=steady_then(5, Use(3, features=(1, 2)))),
        case("down by 0.53 to 0.59", age=100, use=steady_then(5, Use(2, features=(1, 2, 3, 4)))),
        case("nobody for four weeks", age=100, use=steady_then(4, NO_USE)),
        case("down to the line", age=110, use=steady_then(4, ABOVE_LINE)),
        case("nobody for four weeks, at the youngest age", age=90, use=steady_then(4, NO_USE)),
        near("down by 0.42 to 0.49", age=100, use=steady_then(5, Use(3, EVERY_OTHER_DAY, (1, 2, 3, 4)))),
        near("nobody for four weeks, a day too young", age=89, use=steady_then(4, NO_USE)),
        near("fell three months ago", age=150, use=steady_then(13, BELOW_LINE)),
    ),
    "low_session_time": (
        case("twenty minutes in each of the last three weeks", use=steady_then(3, TWENTY_MINUTES)),
        case("nobody for three weeks", use=steady_then(3, NO_USE)),
        case("twenty minutes a week from the start", use=(TWENTY_MINUTES,)),
        case("twenty minutes a week of five people together", use=(Use(5, seconds=48),)),
        case("two weeks of twenty minutes, and none", use=(*STEADY, since(3, TWENTY_MINUTES), since(1, NO_USE))),
        near("21 minutes in the first of the three", use=(*STEADY, since(3, TWENTY_ONE_MINUTES), since(2, NO_USE))),
        near("21 minutes in the last of the three", use=(*STEADY, since(6, NO_USE), since(1, TWENTY_ONE_MINUTES))),
        near("two weeks", use=steady_then(2, NO_USE)),
    ),
    "licence_unused": (
        case("3 of 7", seats=7, people=3, use=(Use(3),)),
        case("2 of 5", seats=5, people=2, use=(Use(2),)),
        case("1 of 3", seats=3, people=1, use=(Use(1),), contacts=(), tasks=()),
        case("4 of 9", seats=9, people=4, use=(Use(4),)),
        case("2 of 5 at the youngest age", age=30, seats=5, people=2, use=(Use(2),)),
        near("4 of 8", seats=8, people=4, use=(Use(4),)),
        near("3 of 6", seats=6, people=3, use=(Use(3),)),
        near("2 of 5, a day too young", age=29, seats=5, people=2, use=(Use(2),)),
    ),
    "band_falling": (
        case("thriving before, adopting now", **LONG_UNHEARD, use=steady_then(4, BELOW_LINE)),
        case("thriving before, in trouble without anybody now", **LONG_UNHEARD | BAD_NEWS, use=steady_then(4, NO_USE)),
        case("adopting before, below the line now", **LONG_DISPLEASED, use=(MIDDLING, since(4, BELOW_LINE))),
        case("below the line before, at risk now", **LONG_DISPLEASED, use=(BELOW_LINE, since(4, NO_USE))),
        case("used as before, and displeased", **LONG_UNHEARD | BAD_NEWS, use=(BOTTOM_OF_THRIVING,)),
        near("a point lower in the same band", **LONG_UNHEARD, use=(MIDDLING, since(4, BELOW_LINE))),
        near("displeased, and thriving all the same", **LONG_UNHEARD | {"answers": BAD_NEWS["answers"]}),
        near("a better band", **LONG_UNHEARD, use=(BELOW_LINE, since(4, STEADY[0]))),
    ),
    "second_group": (
        case("just under the best group", use=(UNDER_THE_TOP,)),
        case("just over the third one", **TROUBLED, use=(OVER_THE_SECOND,)),
        case("just above the line", use=(ABOVE_LINE,)),
        case("displeased", **DISPLEASED, use=(BOTTOM_OF_THRIVING,)),
        case("well used, in trouble", **TROUBLED),
        near("just over into the best group", use=(OVER_THE_TOP,)),
        near("just under into the third one", **TROUBLED, use=(UNDER_THE_SECOND,)),
    ),
    "top_group": (
        case("just over the second one", use=(OVER_THE_TOP,)),
        case("steady"),
        case("the least thriving use", use=(BOTTOM_OF_THRIVING,)),
        case("answered with ten", answers=(Answer(18, 10),)),
        case("attained in full", plan=Plan(attained=100)),
        near("just under into the second one", use=(UNDER_THE_TOP,)),
        near("better since four days, not yet for a week", **LONG_UNHEARD, use=(UNDER_THE_TOP, since(0, STEADY[0]))),
    ),
    "expansion_ready": (
        case("every seat, 80 % attained", plan=Plan(attained=80), proposals=(20,)),
        case("9 of 10 seats", seats=10, people=9, use=(Use(9),), plan=Plan(attained=90)),
        case("8 of 8 seats", seats=8, people=8, use=(Use(8),), plan=Plan(attained=100), proposals=(0,)),
        case("enterprise", segment="enterprise", plan_name="enterprise", plan=Plan(attained=95), proposals=(30, 3)),
        case("more than attained", plan=Plan(attained=120)),
        near("7 of 8 seats", seats=8, people=7, use=(Use(7),), plan=Plan(attained=90)),
        near("79 % attained", plan=Plan(attained=79), proposals=(10,)),
        near("the second group", **DISPLEASED, plan=Plan(attained=90), use=(TOP_OF_ADOPTING,)),
    ),
    "advocate_ready": (
        case("thriving use, answered with nine", answers=(Answer(18, 9),)),
        case("answered with ten", answers=(Answer(18, 10),)),
        case("nine on average", answers=(Answer(18, 10), Answer(17, 8, user=2))),
        case("on its own for three months", age=130, tasks=(), answers=(Answer(18, 9),)),
        case("under the edge of thriving, third rung", use=(THIRD_RUNG_BELOW_TOP,), answers=(Answer(18, 10),)),
        near("8.5 on average", answers=(Answer(18, 9), Answer(17, 8, user=2))),
        near("convinced", use=(TOP_OF_ADOPTING,), answers=(Answer(18, 10),), plan=Plan(attained=90)),
        near("skilled, in the second group", **TROUBLED | {"answers": (Answer(18, 9),)}),
    ),
    "visit_overdue": (
        case("enterprise, met 91 days ago", age=100, segment="enterprise", tasks=(Task("visit", 91),)),
        case("smb, met 181 days ago", age=190, tasks=(Task("web_meeting", 181),)),
        case("enterprise, never met, 91 days old", age=91, segment="enterprise", tasks=()),
        case("called since", age=100, segment="enterprise", tasks=(Task("visit", 95), Task("call", 5))),
        case(
            "planned, not done",
            age=100,
            segment="enterprise",
            tasks=(Task("visit", 98), Task("web_meeting", 3, is_done=False)),
        ),
        near("enterprise, met 90 days ago", age=100, segment="enterprise", tasks=(Task("visit", 90),)),
        near("smb, met 180 days ago", age=190, tasks=(Task("web_meeting", 180),)),
        near("enterprise, never met, 90 days old", age=90, segment="enterprise", tasks=()),
    ),
}
