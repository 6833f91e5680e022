"""What every row of the registry has, how a seed is read into rows, and how a fault names its place."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

ALL = "*"
HIGHEST_POINTS = 4

Text = Annotated[str, Field(min_length=1)]
Words = Annotated[tuple[str, ...], BeforeValidator(str.split)]
Points = Annotated[Decimal, Field(ge=0, le=HIGHEST_POINTS)]
_BlankIsNone = BeforeValidator(lambda told: told or None)
OptionalNumber = Annotated[Decimal | None, _BlankIsNone]
OptionalPoints = Annotated[Points | None, _BlankIsNone]
OptionalCount = Annotated[int | None, _BlankIsNone]


@dataclass(frozen=True)
class RegistryFault:
    """A place in a seed that cannot be computed with; the first row under the header is row 2, as editors count."""

    seed_name: str
    row_number: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"seeds/{self.seed_name}.csv, row {self.row_number}, {self.column}: {self.message}"


class Row(BaseModel):
    """A row of a seed. The rows of one version key and day hold together; the part key tells them apart."""

    seed_name: ClassVar[str]
    version_key: ClassVar[tuple[str, ...]] = ()
    part_key: ClassVar[tuple[str, ...]] = ()

    row_number: int
    valid_from_date: date

    def fault(self, column: str, message: str) -> RegistryFault:
        """What is wrong with this row, in this column."""
        return RegistryFault(self.seed_name, self.row_number, column, message)


Kind = TypeVar("Kind", bound=Row)


def read_rows(kind: type[Kind], text: str) -> tuple[list[Kind], list[RegistryFault]]:
    """The rows of a seed, and the faults of those that do not read well or, where all do, are told twice for a day."""
    rows, faults = [], []
    reader = csv.DictReader(io.StringIO(text), strict=True)
    for told in reader:
        try:
            rows.append(
                kind(row_number=reader.line_num, **{column: (value or "").strip() for column, value in told.items()})
            )
        except ValidationError as error:
            for wrong in error.errors():
                column = str(wrong["loc"][0])
                message = f"{wrong['msg']}, not '{told.get(column, '')}'"
                faults.append(RegistryFault(kind.seed_name, reader.line_num, column, message))
    return rows, faults or list(_repeated(rows))


def grouped(rows: Iterable[Kind], *columns: str) -> list[list[Kind]]:
    """Rows that agree in these columns together, in the order of the seed."""
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(getattr(row, column) for column in columns)].append(row)
    return list(groups.values())


def _repeated(rows: Sequence[Row]) -> Iterable[RegistryFault]:
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(getattr(row, column) for column in (*row.version_key, *row.part_key))
        if (earlier := seen.get((*key, row.valid_from_date))) is not None:
            yield row.fault(
                "valid_from_date",
                f"row {earlier} holds for {' '.join(map(str, key))} from {row.valid_from_date} too; leave one of them, "
                f"or give the later one its own day",
            )
        seen[*key, row.valid_from_date] = row.row_number
