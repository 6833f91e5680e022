"""How much a planted company of five uses the product.

The usage scores were read from a built warehouse, for ages of 56 days and more and the demo's plan; they move with the
weekday of today. What counts is the side of the line on which a level lies.
"""

from dataclasses import replace

from dagster_project.demo.planted.plant import STEADY, Use

OFFICE_WEEK, EVERY_OTHER_DAY = (0, 1, 2, 3, 4), (0, 2, 4)
SECOND_RUNG = (1, 2, 3, 4, 5, 6)  # features on the first two rungs of the ladder
THIRD_RUNG = (*SECOND_RUNG, 8)
TOP_RUNG = (*THIRD_RUNG, 12, 13)

NO_USE = Use(0)
WELL_BELOW = Use(1, (0,), (1,), seconds=120, changes=0)  # 1.2 to 1.3, with the third rung reached before 1.4
BELOW_LINE = Use(1, EVERY_OTHER_DAY, (1,), seconds=120, changes=0)  # 1.44 to 1.48; the line is 1.5
ABOVE_LINE = Use(1, EVERY_OTHER_DAY, (1, 2), seconds=120, changes=0)  # 1.53 to 1.57
TOP_OF_ADOPTING = Use(3, OFFICE_WEEK, (1, 2, 3, 4), seconds=300, changes=0)  # 2.69 to 2.73; the edge is 2.75
BOTTOM_OF_THRIVING = Use(3, OFFICE_WEEK, (1, 2, 3, 4), seconds=600, changes=1)  # 2.78 to 2.82


def since(weeks_ago: int, use: Use) -> Use:
    """The same use, from the Monday of a week on."""
    return replace(use, weeks_ago=weeks_ago)


def steady_then(weeks_ago: int, use: Use) -> tuple[Use, ...]:
    """Steady use until the Monday of a week, then another one."""
    return (*STEADY, since(weeks_ago, use))
