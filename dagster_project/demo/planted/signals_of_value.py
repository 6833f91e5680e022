"""Accounts planted for the signals that read contracts and what the customer gets out of the product."""

from dagster_project.demo.planted.levels import ABOVE_LINE, BELOW_LINE, TOP_RUNG
from dagster_project.demo.planted.plant import Ahead, Answer, Hearing, Plan, Term, Use, case, near

WITHOUT_FIRST_RUNG = (Use(5, features=(4, 6)),)  # stands on no rung of the ladder, the first being missing
EVERY_RUNG = (Use(5, features=TOP_RUNG),)
CSM_HEARD_THREE, CSM_HEARD_FOUR = (Hearing("csm", 12, 3, 3),), (Hearing("csm", 12, 4, 4),)


def _ending(ends: Ahead) -> tuple[Term, ...]:
    return (Term(75, ends),)


def _unreached(due: int, agreed: int = 0) -> Plan:
    return Plan(agreed=agreed, due=due, reached=None)


def _agreed_days_ago(days: int, attained: float | None = 49, age: int = 98) -> Plan:
    return Plan(agreed=age - days, attained=attained, due=age - days + 30, reached=age - days + 1)


SIGNALS_OF_VALUE = {
    "renewal_window": (
        case("ends in three months", terms=_ending(Ahead(3))),
        case("ends in three months and a day", terms=_ending(Ahead(3, 1))),
        case("ends in four months and a half", terms=_ending(Ahead(4, 15))),
        case("ends in six months", terms=_ending(Ahead(6, -1, is_beyond=True))),
        case("renewed before, ends in four months", age=200, terms=(Term(200, 60), Term(60, Ahead(4)))),
        near("ends in three months less a day", terms=_ending(Ahead(3, -1))),
        near("ends in six months and a day", terms=_ending(Ahead(6, is_beyond=True))),
        near("renewed already", terms=(Term(75, Ahead(4)), Term(Ahead(4), Ahead(16), signed=5))),
    ),
    "value_after_renewal": (
        case("due the day after the first term ends", terms=(Term(75, -30),), plan=_unreached(106)),
        case("due after the first term", terms=(Term(75, -30),), plan=_unreached(140)),
        case("first term over", age=150, terms=(Term(150, 20), Term(20)), plan=_unreached(60)),
        case("first term over yesterday", age=90, terms=(Term(90, 1), Term(1)), plan=_unreached(60)),
        case("two months end after the first term", age=40, terms=(Term(40, -5),), plan=None, use=WITHOUT_FIRST_RUNG),
        near("due on the day the first term ends", terms=(Term(75, -30),), plan=_unreached(105)),
        near("first term over today", age=90, terms=(Term(90, 0), Term(0)), plan=_unreached(60)),
        near("reached today", terms=(Term(75, -30),), plan=Plan(due=140, reached=75)),
        near("rungs reached before it was agreed", terms=(Term(75, -30),), plan=_unreached(140, agreed=8)),
        near("nothing agreed, every rung reached", age=40, terms=(Term(40, -5),), plan=None, use=EVERY_RUNG),
    ),
    "onboarding_late": (
        case("two months and a day", age=62, plan=_unreached(50)),
        case("half a year", age=180, plan=_unreached(90)),
        case("a day before a year", age=364, plan=_unreached(90), terms=(Term(364, Ahead(10)),)),
        case("nothing agreed, no rung reached", plan=None, use=WITHOUT_FIRST_RUNG),
        case("a goal without a first success, no rung reached", plan=Plan(has_success=False), use=WITHOUT_FIRST_RUNG),
        near("two months", age=61, plan=_unreached(50)),
        near("reached today", plan=Plan(due=60, reached=75)),
        near("rungs reached before it was agreed", plan=_unreached(50, agreed=8)),
        near("over a year", age=366, plan=_unreached(90), terms=(Term(366, Ahead(10)),)),
        near("nothing agreed, every rung reached", plan=None, use=EVERY_RUNG),
    ),
    "used_not_successful": (
        case("49 %", age=98, plan=_agreed_days_ago(95)),
        case("49 %, agreed 90 days ago", age=98, plan=_agreed_days_ago(90)),
        case("nought", age=98, plan=_agreed_days_ago(95, attained=0)),
        case("30 %", age=120, plan=_agreed_days_ago(110, attained=30, age=120)),
        case("just above the line", age=98, plan=_agreed_days_ago(95), use=(ABOVE_LINE,)),
        near("50 %", age=98, plan=_agreed_days_ago(95, attained=50)),
        near("49 %, agreed 89 days ago", age=98, plan=_agreed_days_ago(89)),
        near("just below the line", age=98, plan=_agreed_days_ago(95), use=(BELOW_LINE,)),
        near("never measured", age=98, plan=_agreed_days_ago(95, attained=None)),
    ),
    "satisfied_not_successful": (
        case("nine, 49 %", age=98, plan=_agreed_days_ago(95), answers=(Answer(18, 9),)),
        case("nine on average", age=98, plan=_agreed_days_ago(90), answers=(Answer(18, 10), Answer(17, 8, user=2))),
        case("ten, nought", age=98, plan=_agreed_days_ago(95, attained=0), answers=(Answer(18, 10),)),
        case("no answer, three heard", age=98, plan=_agreed_days_ago(95), answers=(), hearings=CSM_HEARD_THREE),
        case("no answer, four heard", age=98, plan=_agreed_days_ago(95), answers=(), hearings=CSM_HEARD_FOUR),
        near("8.5 on average", age=98, plan=_agreed_days_ago(95), answers=(Answer(18, 9), Answer(17, 8, user=2))),
        near("nine, 50 %", age=98, plan=_agreed_days_ago(95, attained=50), answers=(Answer(18, 9),)),
        near("nine, agreed 89 days ago", age=98, plan=_agreed_days_ago(89), answers=(Answer(18, 9),)),
        near("eight, four heard", age=98, plan=_agreed_days_ago(95), hearings=CSM_HEARD_FOUR),
        near(
            "no answer, two and a half heard",
            age=98,
            plan=_agreed_days_ago(95),
            answers=(),
            hearings=(Hearing("csm", 12, 2, 3),),
        ),
    ),
}
