"""`kill -9` between every two steps of a publish and of a load: nothing is half there, and the next one makes good."""

import random
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.publishing import roll_back
from dagster_project.settings import CalendarSettings, FilesSource, Settings
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from tests.faults import dying
from tests.faults.dying import seconds_of, stopped_after, stopped_at
from tests.faults.kills import Tally, whole_set
from tests.faults.shop import AS_OF, MARTS, Shop

SEED = 20260701
MANY = pytest.mark.parametrize("count", [5, pytest.param(50, marks=pytest.mark.faults)])
LAID_OUT = {"current", "marts.duckdb", "parquet", "manifest.json", "sets"}
TABLES = [("crm", "accounts")]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Two sets stand and a third is built; as two are kept, its publish removes the first."""
    made = Shop.new(tmp_path_factory.mktemp("shop"), sets_kept=2)
    for generation in (1, 2):
        made.build(generation)
        made.publish()
    made.build(3)
    return made


@dataclass(frozen=True)
class Stop:
    """A publish that was stopped at a step, what readers saw then, and what the next publish left."""

    step: int
    seen: int
    left: set[str]
    rolled_back_to: set[int]


@pytest.fixture(scope="module")
def stops(shop: Shop, tmp_path_factory: pytest.TempPathFactory, tally: Tally) -> list[Stop]:
    """One stop before every step of a publish; wholeness and repair are asserted on the way."""
    folder = tmp_path_factory.mktemp("stops")
    undisturbed = shop.copy(folder / "undisturbed")
    step_count = stopped_at(None, undisturbed.published, dying.publish, undisturbed.settings, MARTS)
    assert step_count > 50
    made = []
    for step in range(1, step_count + 1):
        stopped = shop.copy(folder / str(step))
        with duckdb.connect((stopped.published / "marts.duckdb").resolve(), read_only=True) as early:
            assert stopped_at(step, stopped.published, dying.publish, stopped.settings, MARTS) == step
            assert early.execute("select distinct generation from fct_a").fetchall() == [(2,)]
        whole_set(stopped.published)
        [seen] = stopped.seen
        assert seen in {2, 3}
        tally.note("publish, between steps", "new" if seen == 3 else "old")
        stopped.publish()
        assert stopped.seen == {3}
        assert {path.name for path in stopped.published.iterdir()} == LAID_OUT
        tally.repairs += 1
        left = stopped.sets
        roll_back(stopped.settings, DuckDBWarehouse(stopped.settings.build_path))
        made.append(Stop(step, seen, left, stopped.seen))
        shutil.rmtree(stopped.settings.home)
    assert {stop.seen for stop in made} == {2, 3}
    return made


def test_readers_see_a_whole_set_and_the_next_publish_repairs_when_killed_between_any_two_steps(
    stops: list[Stop],
) -> None:
    assert [stop.seen for stop in stops] == sorted(stop.seen for stop in stops)


def test_next_publish_leaves_no_litter_when_one_was_killed(shop: Shop, stops: list[Stop], tmp_path: Path) -> None:
    undisturbed = shop.copy(tmp_path / "home")
    undisturbed.publish()
    assert {stop.step: stop.left for stop in stops if stop.left != undisturbed.sets} == {}


def test_rollback_shows_the_set_before_when_a_publish_was_killed(stops: list[Stop]) -> None:
    assert {stop.step: stop.rolled_back_to for stop in stops if stop.rolled_back_to != {2}} == {}


@MANY
def test_publish_killed_at_random_moments_leaves_a_whole_set(
    shop: Shop, tmp_path: Path, tally: Tally, count: int
) -> None:
    """Moments within a step too, such as while DuckDB writes a file."""
    undisturbed = shop.copy(tmp_path / "undisturbed")
    seconds = seconds_of(dying.publish, undisturbed.settings, MARTS)
    generator = random.Random(SEED)
    for number in range(count):
        stopped = shop.copy(tmp_path / str(number))
        was_stopped = stopped_after(generator.random() * seconds, dying.publish, stopped.settings, MARTS)
        whole_set(stopped.published)
        [seen] = stopped.seen
        if was_stopped:
            tally.note("publish, at random", "new" if seen == 3 else "old")
        stopped.publish()
        assert stopped.seen == {3}
        tally.repairs += was_stopped
        shutil.rmtree(stopped.settings.home)


@dataclass(frozen=True)
class Intake:
    """A source with one table, whose first delivery is in raw and whose second waits."""

    settings: Settings

    @property
    def landing(self) -> list[str]:
        """What lies in landing, by kind of file."""
        folder = self.settings.landing_dir / "crm" / "accounts"
        return sorted(path.name.partition(".")[2] for path in folder.iterdir())

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Raw without what tells when and in which batch a row came."""
        return DuckDBWarehouse(self.settings.build_path).rows(
            "select * exclude (_loaded_at) from raw.files_accounts order by all"
        )

    def assert_ledger_and_rows_agree(self) -> None:
        disagreeing = DuckDBWarehouse(self.settings.build_path).rows(
            "select coalesce(b.load_number, r._load_number) as load_number, rows_loaded, n from raw.batches as b "
            "full join (select _load_number, count(*) as n from raw.files_accounts group by all) as r "
            "on b.load_number = r._load_number where rows_loaded is distinct from n"
        )
        assert disagreeing == []

    def deliver(self, name: str, first: int, last: int) -> None:
        lines = [f"a{n},Name of {name},2026-01-01,2026-06-2{n % 9}T00:00:00" for n in range(first, last)]
        lines.append(f"x{last},Bad,31/02/2026,")
        folder = self.settings.home / "in"
        folder.mkdir(parents=True, exist_ok=True)
        text = "\n".join(["account_id,account_name,signed_up_date,updated_at", *lines])
        (folder / f"{name}.csv").write_text(f"{text}\n", encoding="utf-8")

    def load(self) -> int:
        return stopped_at(None, self.settings.home, dying.load, self.settings, TABLES, AS_OF)

    def copy(self, home: Path) -> "Intake":
        shutil.copytree(self.settings.home, home)
        source = self.settings.sources["crm"].model_copy(update={"folder": str(home / "in")})
        return Intake(self.settings.model_copy(update={"home": home, "sources": {"crm": source}}))


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Intake:
    folder = tmp_path_factory.mktemp("intake")
    table = {"files": "*.csv", "known_at": "updated_at"}
    source = {"type": "files", "folder": str(folder / "home" / "in"), "tables": {"accounts": table}}
    settings = Settings(
        home=folder / "home",
        config_path=folder / "bansou.toml",
        environment={},
        calendar=CalendarSettings(history_start_date=date(2026, 1, 1), as_of_date=AS_OF),
        sources={"crm": FilesSource.model_validate(source)},
    )
    DuckDBWarehouse(settings.build_path).prepare(["files"])
    made = Intake(settings)
    made.deliver("one", 0, 40)
    made.load()
    made.deliver("two", 20, 80)
    return made


@pytest.fixture(scope="module")
def loaded(intake: Intake, tmp_path_factory: pytest.TempPathFactory) -> tuple[Intake, int]:
    """What an undisturbed load leaves, and its steps."""
    undisturbed = intake.copy(tmp_path_factory.mktemp("loaded") / "home")
    step_count = undisturbed.load()
    assert len(undisturbed.rows) == 100
    assert step_count > 50
    return undisturbed, step_count


@pytest.fixture(
    scope="module",
    params=[3, pytest.param(1, marks=pytest.mark.faults)],
    ids=["every_third_step", "every_step"],
)
def landings(
    request: pytest.FixtureRequest,
    intake: Intake,
    loaded: tuple[Intake, int],
    tmp_path_factory: pytest.TempPathFactory,
    tally: Tally,
) -> dict[int, list[str]]:
    """What lies in landing after a load was stopped before a step and repaired; by step."""
    folder, (undisturbed, step_count) = tmp_path_factory.mktemp("loads"), loaded
    found = {}
    for step in range(min(2, request.param), step_count + 1, request.param):
        stopped = intake.copy(folder / str(step))
        assert stopped_at(step, stopped.settings.home, dying.load, stopped.settings, TABLES, AS_OF) == step
        tally.note("load, between steps", None)
        repair_load(stopped, undisturbed)
        tally.repairs += 1
        found[step] = stopped.landing
        shutil.rmtree(stopped.settings.home)
    return found


def repair_load(stopped: Intake, undisturbed: Intake) -> None:
    """Ledger and rows agree after the kill, and the next load leaves what an undisturbed one leaves."""
    stopped.assert_ledger_and_rows_agree()
    stopped.load()
    stopped.assert_ledger_and_rows_agree()
    assert stopped.rows == undisturbed.rows


def test_ledger_and_raw_agree_and_the_next_run_loads_all_when_killed_between_steps(
    landings: dict[int, list[str]],
) -> None:
    assert landings


def test_next_load_leaves_no_litter_in_landing_when_one_was_killed(
    landings: dict[int, list[str]], loaded: tuple[Intake, int]
) -> None:
    assert {step: left for step, left in landings.items() if left != loaded[0].landing} == {}


@MANY
def test_ledger_and_raw_agree_and_the_next_run_loads_all_when_killed_at_random_moments(
    intake: Intake, loaded: tuple[Intake, int], tmp_path: Path, tally: Tally, count: int
) -> None:
    generator = random.Random(SEED)
    timed = intake.copy(tmp_path / "timed")
    seconds = seconds_of(dying.load, timed.settings, TABLES, AS_OF)
    for number in range(count):
        stopped = intake.copy(tmp_path / str(number))
        if stopped_after(generator.random() * seconds, dying.load, stopped.settings, TABLES, AS_OF):
            tally.note("load, at random", None)
            tally.repairs += 1
        repair_load(stopped, loaded[0])
        shutil.rmtree(stopped.settings.home)
