"""What several seeds are judged by alike: numbers one by one, and ranges from 0 on."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import attrgetter

from dagster_project.registry.rows import RegistryFault, Row, grouped


def numbering_faults(rows: Sequence[Row], column: str) -> Iterable[RegistryFault]:
    """Rungs, steps and tiers that are not numbered 1, 2, 3 …: one is climbed after the other."""
    number = attrgetter(column)
    for group in grouped(rows, "valid_from_date"):
        for due, row in enumerate(sorted(group, key=number), start=1):
            if number(row) != due:
                yield row.fault(column, f"is {number(row)} where {due} is due; number them one by one")
                break


def beginning_faults(rows: Sequence[Row], column: str, first_is_due: str) -> Iterable[RegistryFault]:
    """Ranges that each begin at the number in `column`: the first not at 0, or two at the same number."""
    number = attrgetter(column)
    ordered = sorted(rows, key=number)
    if number(ordered[0]) != 0:
        yield ordered[0].fault(column, first_is_due)
    for lower, upper in pairwise(ordered):
        if number(lower) == number(upper):
            yield upper.fault(column, f"row {lower.row_number} begins there too")
