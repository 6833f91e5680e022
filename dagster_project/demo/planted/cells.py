"""Accounts planted for the cells of the renewal review: the usage score by what sales heard, in the renewal window."""

from typing import Any

from dagster_project.demo.planted.levels import ABOVE_LINE, BELOW_LINE, NO_USE, TOP_OF_ADOPTING
from dagster_project.demo.planted.plant import STEADY, Ahead, Hearing, Term, Use, case, near

AGE, IN_WINDOW = 100, Ahead(4, 15)


def _review(use: Use, *heard: tuple[int, int], days_ago: int = 16, ends: Ahead = IN_WINDOW) -> dict[str, Any]:
    hearings = tuple(Hearing("sales", days_ago, *points) for points in heard)
    return {"age": AGE, "use": (use,), "hearings": hearings, "terms": (Term(AGE, ends),)}


WELL_USED = STEADY[0]
CELLS = {
    "used_and_satisfied": (
        case("three heard", **_review(WELL_USED, (3, 3))),
        case("four heard", **_review(TOP_OF_ADOPTING, (4, 4))),
        case("just above the line, two and a half heard", **_review(ABOVE_LINE, (2, 3))),
        case("heard 90 days ago", **_review(WELL_USED, (3, 3), days_ago=90)),
        case("ends in three months", **_review(WELL_USED, (3, 3), ends=Ahead(3))),
        near("heard 91 days ago", **_review(WELL_USED, (3, 3), days_ago=91)),
        near("two heard", **_review(WELL_USED, (2, 2))),
        near("just below the line", **_review(BELOW_LINE, (3, 3))),
        near("ends in three months less a day", **_review(WELL_USED, (3, 3), ends=Ahead(3, -1))),
    ),
    "used_not_satisfied": (
        case("two heard", **_review(WELL_USED, (2, 2))),
        case("nought heard", **_review(TOP_OF_ADOPTING, (0, 0))),
        case("one and a half heard", **_review(WELL_USED, (1, 2))),
        case("just above the line, two heard", **_review(ABOVE_LINE, (2, 2))),
        case("heard 90 days ago", **_review(WELL_USED, (1, 1), days_ago=90)),
        near("heard 91 days ago", **_review(WELL_USED, (1, 1), days_ago=91)),
        near("two and a half heard", **_review(WELL_USED, (2, 3))),
        near("just below the line", **_review(BELOW_LINE, (2, 2))),
    ),
    "willing_not_used": (
        case("just below the line, two and a half heard", **_review(BELOW_LINE, (2, 3))),
        case("three heard", **_review(BELOW_LINE, (3, 3))),
        case("not used at all, four heard", **_review(NO_USE, (4, 4))),
        case("heard 90 days ago", **_review(BELOW_LINE, (3, 3), days_ago=90)),
        case("ends in six months", **_review(BELOW_LINE, (3, 3), ends=Ahead(6, -1, is_beyond=True))),
        near("heard 91 days ago", **_review(BELOW_LINE, (3, 3), days_ago=91)),
        near("two heard", **_review(BELOW_LINE, (2, 2))),
        near("just above the line", **_review(ABOVE_LINE, (3, 3))),
        near("ends in six months and a day", **_review(BELOW_LINE, (3, 3), ends=Ahead(6, is_beyond=True))),
    ),
    "neither": (
        case("just below the line, two heard", **_review(BELOW_LINE, (2, 2))),
        case("nought heard", **_review(BELOW_LINE, (0, 0))),
        case("one heard", **_review(BELOW_LINE, (1, 1))),
        case("not used at all, two heard", **_review(NO_USE, (2, 2))),
        case("heard 90 days ago", **_review(BELOW_LINE, (1, 1), days_ago=90)),
        near("heard 91 days ago", **_review(BELOW_LINE, (1, 1), days_ago=91)),
        near("two and a half heard", **_review(BELOW_LINE, (2, 3))),
        near("just above the line", **_review(ABOVE_LINE, (2, 2))),
        near("nothing heard", **_review(BELOW_LINE)),
    ),
}
