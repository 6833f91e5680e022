"""A helpdesk's export with answers on which three independent computations agree: ours are the same, to the minute."""

import csv
import json
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.conftest import ROOT, World

FOLDER = Path(os.environ.get("HELPDESK_DIR") or "unset").absolute()
TOLERANCE_MINUTES = 1
# Their figure, ours, and the number of cells on which they agree.
FIGURES = {
    "first_reply_time_calendar_minutes": ("first_reply_calendar_minutes", 400),
    "first_reply_time_business_minutes": ("first_reply_business_minutes", 398),
    "first_resolution_calendar_minutes": ("first_resolution_calendar_minutes", 400),
    "first_resolution_business_minutes": ("first_resolution_business_minutes", 397),
    "final_resolution_calendar_minutes": ("full_resolution_calendar_minutes", 400),
    "full_resolution_business_minutes": ("full_resolution_business_minutes", 397),
}
COUNTS = {"count_reopens": "reopen_count", "total_agent_replies": "reply_count"}

pytestmark = pytest.mark.skipif(
    "HELPDESK_DIR" not in os.environ, reason="HELPDESK_DIR does not name the folder with the helpdesk's known answers"
)


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("helpdesk") / "home", ROOT / "examples" / "helpdesk_golden" / "bansou.toml")
    done = world.run()
    assert done.returncode == 0, done.stdout + done.stderr
    return world


@pytest.fixture(scope="module")
def ours(helpdesk: World) -> Mapping[str, Mapping[str, object]]:
    with duckdb.connect(helpdesk.published / "marts.duckdb", read_only=True) as connection:
        found = connection.execute("select * from fct_support_tickets")
        names = [column[0] for column in found.description or ()]
        return {
            str(row["ticket_id"]): row for row in (dict(zip(names, told, strict=True)) for told in found.fetchall())
        }


@pytest.fixture(scope="module")
def theirs() -> list[dict[str, str]]:
    with (FOLDER / "AGREED_cells.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("figure", FIGURES)
def test_every_agreed_cell_is_ours_to_the_minute(
    ours: Mapping[str, Mapping[str, object]], theirs: list[dict[str, str]], figure: str
) -> None:
    name, cell_count = FIGURES[figure]
    left_out = {str(each) for each in json.loads((FOLDER / "left_out.json").read_text(encoding="utf-8"))[figure]}
    cells = [row for row in theirs if row[f"{figure}__agreed"] == "True" and row["ticket_id"] not in left_out]
    unequal = {
        row["ticket_id"]: (row[figure], ours[row["ticket_id"]][name])
        for row in cells
        if not _agree(row[figure], ours[row["ticket_id"]][name])
    }
    assert unequal == {}
    assert len(cells) == cell_count


@pytest.mark.parametrize("figure", COUNTS)
def test_every_count_of_a_resolved_ticket_is_ours(
    ours: Mapping[str, Mapping[str, object]], theirs: list[dict[str, str]], figure: str
) -> None:
    told = {row["ticket_id"]: float(row[figure]) for row in theirs if row[figure]}
    assert len(told) == 319
    assert told == {ticket_id: ours[ticket_id][COUNTS[figure]] for ticket_id in told}


def test_nothing_is_dropped(helpdesk: World) -> None:
    query = """
        select
            (select count(*) from raw.rejected_rows),
            (select count(*) from marts.fct_support_tickets),
            (select count(*) from marts.fct_support_tickets where is_deleted),
            (select count(*) from marts.mart_input_oddities)
    """
    with duckdb.connect(helpdesk.home / "build" / "warehouse.duckdb", read_only=True) as build:
        assert build.execute(query).fetchone() == (0, 400, 6, 0)


def _agree(told: str, found: object) -> bool:
    if not told or found is None:
        return not told and found is None
    assert isinstance(found, Decimal)
    return abs(Decimal(told) - found) <= TOLERANCE_MINUTES
