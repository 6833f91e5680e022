"""Which days of a daily table readers see in it, where its history lies beside it."""

from dataclasses import dataclass
from datetime import date, timedelta

from dagster_project.warehouse.session import date_literal


@dataclass(frozen=True)
class ShownDays:
    """The last `day_count` days up to `as_of_date`, and the month ends before them; `column` holds a row's date."""

    column: str
    day_count: int
    as_of_date: date

    @property
    def condition(self) -> str:
        """What a row that readers see meets, in the SQL that all engines share."""
        last_hidden = self.as_of_date - timedelta(days=self.day_count)
        return (
            f"{self.column} <= {date_literal(self.as_of_date)} and ({self.column} > {date_literal(last_hidden)} "
            f"or extract(day from {self.column} + interval '1' day) = 1)"
        )
