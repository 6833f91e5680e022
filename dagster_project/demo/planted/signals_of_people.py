"""Accounts planted for the signals that read people: what they say, ask and write, who is there and who left."""

from dagster_project.demo.planted.levels import ABOVE_LINE, BELOW_LINE
from dagster_project.demo.planted.plant import (
    Answer,
    Hearing,
    Person,
    Post,
    Request,
    Ticket,
    case,
    near,
)

IN_CHARGE, CHAMPION = Person("person_in_charge"), Person("person_in_charge", user=1, is_champion=True)
INFLUENCER, DECIDER = Person("influencer"), Person("decision_maker", user=2)
SILENCE = {"tickets": (), "webinars": ()}


def _gone(days_ago: int) -> Person:
    return Person("decision_maker", user=2, left=days_ago)


def _heard(days_ago: int, satisfaction: int, renewal: int) -> tuple[Hearing, ...]:
    return (Hearing("sales", days_ago, satisfaction, renewal), Hearing("csm", 12, 3, 3))


SIGNALS_OF_PEOPLE = {
    "silent_customer": (
        case("nothing but mails clicked and articles read", age=100, **SILENCE),
        case("a ticket 90 days ago", age=100, webinars=(), tickets=(Ticket(90, solved=90),)),
        case("a question 90 days ago", age=100, **SILENCE, posts=(Post(90),)),
        case("a webinar three months ago", age=120, tickets=(), webinars=(13,)),
        case("something shared, nothing asked, at the youngest age", age=30, **SILENCE, posts=(Post(5, "share"),)),
        near("a ticket 89 days ago", age=100, webinars=(), tickets=(Ticket(89, solved=89),)),
        near("a question 89 days ago", age=100, **SILENCE, posts=(Post(89),)),
        near("a webinar lately", age=100, tickets=()),
        near("silent, a day too young", age=29, **SILENCE),
    ),
    "detractor": (
        case("six", answers=(Answer(18, 6),)),
        case("nought today", answers=(Answer(0, 0),)),
        case("five 89 days ago", age=100, answers=(Answer(89, 5),)),
        case("three, beside a ten", answers=(Answer(18, 3, user=2), Answer(17, 10))),
        case("nine before, four now", answers=(Answer(50, 9), Answer(10, 4))),
        near("seven", answers=(Answer(18, 7),)),
        near("five 90 days ago", age=100, answers=(Answer(90, 5),)),
        near("four before, eight now", answers=(Answer(50, 4), Answer(10, 8))),
        near("two points for a webinar", answers=(Answer(18, 9), Answer(10, 2, survey_kind="event"))),
    ),
    "sentiment_gap": (
        case("well used, two heard", hearings=_heard(16, 2, 2)),
        case("well used, nought heard", hearings=_heard(16, 0, 0)),
        case("well used, one and a half heard 89 days ago", age=100, hearings=_heard(89, 1, 2)),
        case("just below the line, three heard", use=(BELOW_LINE,), hearings=_heard(16, 3, 3)),
        case("just below the line, four heard", use=(BELOW_LINE,), hearings=_heard(16, 4, 4)),
        near("well used, two and a half heard", hearings=_heard(16, 2, 3)),
        near("just below the line, two heard", use=(BELOW_LINE,), hearings=_heard(16, 2, 2)),
        near("on two sides, half a point apart", use=(ABOVE_LINE,), hearings=_heard(16, 1, 1)),
        near("the CSM alone heard nought", hearings=(Hearing("sales", 16, 3, 3), Hearing("csm", 12, 0, 0))),
        near("well used, nought heard 91 days ago", age=100, hearings=_heard(91, 0, 0)),
    ),
    "sponsor_gone": (
        case("left today", contacts=(CHAMPION, INFLUENCER, _gone(0))),
        case("left a month ago", contacts=(CHAMPION, INFLUENCER, _gone(30))),
        case("left 89 days ago", age=100, contacts=(CHAMPION, INFLUENCER, _gone(89))),
        case("one left lately, another one long ago", age=120, contacts=(CHAMPION, _gone(100), _gone(20))),
        case("nobody else known", contacts=(_gone(40),)),
        near("left 90 days ago", age=100, contacts=(CHAMPION, INFLUENCER, _gone(90))),
        near("one left, another one is there", contacts=(CHAMPION, _gone(30), DECIDER)),
        near("the influencer left", contacts=(CHAMPION, Person("influencer", left=10), DECIDER)),
        near("leaves tomorrow", contacts=(CHAMPION, INFLUENCER, _gone(-1))),
    ),
    "no_champion": (
        case("nobody is one", contacts=(IN_CHARGE, INFLUENCER, DECIDER)),
        case("the one contact is none", contacts=(IN_CHARGE,)),
        case("left ten days ago", contacts=(Person("person_in_charge", is_champion=True, left=10), DECIDER)),
        case("left today", contacts=(Person("influencer", is_champion=True, left=0), IN_CHARGE, DECIDER)),
        case("nobody is one, at the youngest age", age=30, contacts=(IN_CHARGE, DECIDER)),
        near("one left, another one is there", contacts=(Person("influencer", is_champion=True, left=10), CHAMPION)),
        near("no contact known", contacts=()),
        near("leaves tomorrow", contacts=(Person("influencer", is_champion=True, left=-1), DECIDER)),
        near("nobody is one, a day too young", age=29, contacts=(IN_CHARGE, DECIDER)),
    ),
    "escalation_open": (
        case("since today", tickets=(Ticket(0, is_escalated=True),)),
        case("since yesterday", tickets=(Ticket(1, is_escalated=True),)),
        case("for two months", tickets=(Ticket(60, is_escalated=True),)),
        case("one of two solved", tickets=(Ticket(20, solved=2, is_escalated=True), Ticket(9, is_escalated=True))),
        case("two", tickets=(Ticket(20, is_escalated=True), Ticket(9, is_escalated=True))),
        near("solved today", tickets=(Ticket(20, solved=0, is_escalated=True),)),
        near("open, not escalated", tickets=(Ticket(5),)),
    ),
    "sales_request": (
        case("since today", requests=(Request(0),)),
        case("since five days", requests=(Request(5),), needs_specialist=True),
        case("for two months", requests=(Request(60),), needs_specialist=True),
        case("one of two closed", requests=(Request(40, closed=20), Request(10))),
        case("closed tomorrow", requests=(Request(10, closed=-1),)),
        near("closed today", requests=(Request(10, closed=0),)),
        near("closed long ago", requests=(Request(60, closed=30),)),
    ),
}
