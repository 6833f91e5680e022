"""The dashboard as its readers see it, in a browser: what the published set says, and the next set once it is there."""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
from playwright.sync_api import Locator, Page, Position, expect

from tests.browser import settled
from tests.conftest import World

PAGES = {
    "": "Who needs attention today",
    "account": "What pulls it",
    "bands": "Bands over time",
    "renewals": "Renewals in three to six months",
}

# Where the list has the box of its first row: the table is drawn on a canvas.
FIRST_ROW_BOX = Position(x=18, y=52)


def _read(world: World, query: str) -> tuple[object, ...]:
    with duckdb.connect(world.published / "marts.duckdb", read_only=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row


def test_each_page_shows_itself_without_an_error(
    page: Page, serve: Callable[[World], str], tiny_world: World, pictures: Path
) -> None:
    address = serve(tiny_world)
    for name, title in PAGES.items():
        page.goto(f"{address}/{name}")
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        settled(page)
        page.screenshot(path=pictures / f"{name or 'today'}.png")


def test_figures_are_those_of_the_published_set(page: Page, serve: Callable[[World], str], tiny_world: World) -> None:
    customers, warned = _read(
        tiny_world,
        """
        select count(*), (
            select count(distinct signals.account_id)
            from fct_account_signals as signals
            inner join mart_account_overview using (account_id)
            where signals.is_open and signals.signal_kind = 'risk'
        )
        from mart_account_overview
        """,
    )
    page.goto(serve(tiny_world))
    expect(_metric(page, "Customers")).to_have_text(str(customers))
    expect(_metric(page, "With a risk signal")).to_have_text(str(warned))


def test_row_of_the_list_opens_the_account(page: Page, serve: Callable[[World], str], tiny_world: World) -> None:
    [first] = _read(tiny_world, "select account_name from mart_account_overview order by attention_rank limit 1")
    page.goto(serve(tiny_world))
    settled(page)
    page.get_by_test_id("stDataFrame").click(position=FIRST_ROW_BOX)
    expect(page.get_by_role("heading", name=str(first), exact=True)).to_be_visible()


def test_next_published_set_is_shown_without_a_restart(
    page: Page, serve: Callable[[World], str], tiny_world: World, tmp_path: Path
) -> None:
    world = tiny_world.copy(tmp_path / "home")
    page.goto(serve(world))
    beside = page.get_by_test_id("stSidebarUserContent")
    expect(beside).to_contain_text("As of · 基準日 2026-06-30")
    done = world.run("tomorrow")
    assert done.returncode == 0, done.stdout + done.stderr
    expect(beside).to_contain_text("As of · 基準日 2026-07-01")
    settled(page)


def test_before_the_first_set_it_says_what_to_do_and_then_shows_it(
    page: Page, serve: Callable[[World], str], tiny_world: World, tiny_config: Path, tmp_path: Path
) -> None:
    world = World(tmp_path / "home", tiny_config)
    page.goto(serve(world))
    expect(page.get_by_text("Nothing is published yet")).to_be_visible()
    shutil.copytree(tiny_world.published, world.published, symlinks=True)
    expect(page.get_by_role("heading", name=PAGES[""])).to_be_visible()


def _metric(page: Page, label: str) -> Locator:
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")
