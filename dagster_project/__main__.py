"""`python -m dagster_project run` and `… backfill FROM TO`: what `make run` and `make backfill` call."""

import argparse
import errno
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT, Settings, SettingsError, exported, load_settings
from dagster_project.warehouse.interface import WarehouseError

# A folder that may not be written, or a disk that is full or broken: nothing that a traceback would explain.
SYSTEM_FAULTS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 where the run succeeded, 1 where it did not, 2 where the configuration is wrong."""
    parser = argparse.ArgumentParser(prog="bansou", description="The customer-success data warehouse.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="pull, build what is missing, check, publish")
    run.add_argument("--force", action="store_true", help="run although nothing is new")
    run.add_argument("--confirm", nargs="*", default=[], metavar="SOURCE.TABLE", help="take a smaller fetch as it is")
    run.add_argument("--rescore", action="store_true", help="take changed seeds for past days too, and score all again")
    backfill = commands.add_parser("backfill", help="build a range of past days again, in one run")
    backfill.add_argument("from_date", type=date.fromisoformat)
    backfill.add_argument("to_date", type=date.fromisoformat)
    replay = commands.add_parser("replay", help="score a past day again from what was known then, and compare")
    replay.add_argument("date", type=date.fromisoformat)
    dev = commands.add_parser("dev", help="build a model or seed, what reads it, and their tests on a copy")
    dev.add_argument("model")
    dev.add_argument("--from", dest="from_date", type=date.fromisoformat)
    dev.add_argument("--to", dest="to_date", type=date.fromisoformat)
    forget = commands.add_parser("forget", help="take a person out of landing, raw, models and published sets")
    forget.add_argument("source")
    forget.add_argument("person_id")
    commands.add_parser("rollback", help="point readers to the set published before")
    preview = commands.add_parser("score-preview", help="score the newest day with other seeds beside those in force")
    preview.add_argument("seeds", type=Path, nargs="?", default=None)
    commands.add_parser("diff", help="compare the copy, or else the last build, with what is published")
    commands.add_parser("tomorrow", help="move the demo world on by a day, and run")
    commands.add_parser("templates", help="write an empty CSV for each entity of the input contract")
    commands.add_parser("input-docs", help="write docs/input_layer.md from the input models")
    commands.add_parser("definitions", help="write the terms in docs/definitions.md from the seeds and the marts' YAML")
    commands.add_parser("docs", help="build the models' documentation as one page")
    commands.add_parser("home", help="prepare the data folder for Dagster's UI and print its place")
    options = parser.parse_args(arguments)
    try:
        if options.command == "input-docs":
            return _write_input_docs()
        if options.command == "definitions":
            return _write_definitions()
        settings = load_settings()
        settings.require_complete()
        return _command(settings, options)
    except (SettingsError, WarehouseError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        if error.errno not in SYSTEM_FAULTS:
            raise
        sys.stderr.write(f"{error}\nNothing is half done: see to the folder or the disk, and run again.\n")
        return 2


def _command(settings: Settings, options: argparse.Namespace) -> int:
    commands: dict[str, Callable[[], int]] = {
        "home": lambda: _print(str(_dagster_home(settings))),
        "docs": lambda: _build_docs(settings),
        "templates": lambda: _write_templates(settings),
        "tomorrow": lambda: _execute_tomorrow(settings),
        "backfill": lambda: _execute(settings, (options.from_date, options.to_date)),
        "replay": lambda: _replay(settings, options.date),
        "dev": lambda: _dev(settings, options),
        "diff": lambda: _diff(settings),
        "score-preview": lambda: _score_preview(settings, options.seeds),
        "rollback": lambda: _roll_back(settings),
        "forget": lambda: _forget(settings, options.source, options.person_id),
        "run": lambda: _run(
            settings, is_forced=options.force, rescore=options.rescore, confirmed=tuple(options.confirm)
        ),
    }
    return commands[options.command]()


def _print(text: str) -> int:
    sys.stdout.write(f"{text}\n")
    return 0


def _run(settings: Settings, *, is_forced: bool, rescore: bool, confirmed: Sequence[str]) -> int:
    if unknown := [name for name in confirmed if name not in settings.table_names]:
        raise SettingsError(
            f"CONFIRM names {', '.join(unknown)}, which the configuration does not have. "
            f"A table is named as source and entity: crm.accounts."
        )
    if not (is_forced or rescore or confirmed) and _report_if_nothing_is_new(settings):
        return 0
    return _execute(settings, None, rescore=rescore, confirmed=confirmed)


def _roll_back(settings: Settings) -> int:
    from dagster_project.publishing import roll_back  # noqa: PLC0415 - duckdb
    from dagster_project.run_lock import hold_run_lock  # noqa: PLC0415
    from dagster_project.warehouse import open_warehouse  # noqa: PLC0415

    hold_run_lock(settings)
    publish_id = roll_back(settings, open_warehouse(settings))
    return _print(f"Readers see the set {publish_id} again. The next run publishes what passes its checks then.")


def _forget(settings: Settings, source_name: str, person_id: str) -> int:
    from dagster_project.assets.extract import prepare_warehouse  # noqa: PLC0415 - dagster
    from dagster_project.days import newest_day  # noqa: PLC0415
    from dagster_project.forgetting import drop_copies, forget_person  # noqa: PLC0415
    from dagster_project.run_lock import hold_run_lock  # noqa: PLC0415
    from dagster_project.summary import print_forgetting  # noqa: PLC0415

    hold_run_lock(settings)
    warehouse = prepare_warehouse(settings)
    found = forget_person(settings, warehouse, source_name, person_id)
    failed = _execute(settings, (settings.calendar.history_start_date, newest_day(settings)))
    if not failed:
        drop_copies(settings, warehouse)
    print_forgetting(found, is_published=not failed)
    return failed


def _write_input_docs() -> int:
    from dagster_project.contract_docs import write_input_docs  # noqa: PLC0415 - no run needs it

    sys.stdout.write(f"{write_input_docs()}\n")
    return 0


def _write_definitions() -> int:
    from dagster_project.definitions_docs import write_definitions  # noqa: PLC0415 - no run needs it

    sys.stdout.write(f"{write_definitions()}\n")
    return 0


def _write_templates(settings: Settings) -> int:
    from dagster_project.contract_docs import write_templates  # noqa: PLC0415 - no run needs it

    return _print(f"An empty CSV for each entity: {write_templates(settings.home / 'templates')}")


def _report_if_nothing_is_new(settings: Settings) -> bool:
    from dagster_project.summary import print_standing_summary  # noqa: PLC0415 - duckdb
    from dagster_project.up_to_date import is_up_to_date  # noqa: PLC0415

    if not is_up_to_date(settings):
        return False
    print_standing_summary(settings)
    return True


def _dagster_home(settings: Settings) -> Path:
    settings.dagster_dir.mkdir(parents=True, exist_ok=True)
    told = (PROJECT_ROOT / "dagster_project" / "dagster.yaml").read_text(encoding="utf-8")
    placed = told.replace("{dagster_home}", str(settings.dagster_dir))
    (settings.dagster_dir / "dagster.yaml").write_text(placed, encoding="utf-8")
    return settings.dagster_dir


def _build_docs(settings: Settings) -> int:
    from dagster_project.assets.transform import run_dbt  # noqa: PLC0415 - dagster

    done = run_dbt(settings, ["docs", "generate", "--static"])
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        return 1
    page = settings.home / "docs" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes((settings.dbt_target_dir / "static_index.html").read_bytes())
    sys.stdout.write(f"The models' documentation: {page}\n")
    return 0


def _execute_tomorrow(settings: Settings) -> int:
    """Build the world's today where it is not built yet, else move on and build the day after it."""
    from dagster_project.assets.demo import advance_demo  # noqa: PLC0415 - dagster
    from dagster_project.warehouse import open_warehouse  # noqa: PLC0415 - duckdb

    if settings.demo and not open_warehouse(settings).exists():
        sys.stderr.write("The demo world is not built yet: its first day comes before its second.\n")
        return _execute(settings, None)
    sys.stderr.write(f"The demo world moves on to {advance_demo(settings)}.\n")
    return _execute(settings, None)


def _replay(settings: Settings, day: date) -> int:
    from dagster_project.replay import replay_day  # noqa: PLC0415 - dagster
    from dagster_project.summary import print_replay  # noqa: PLC0415

    sys.stderr.write(f"Scoring {day} again from what was known by its end …\n")
    found = replay_day(settings, day)
    print_replay(found)
    return 1 if found.differences else 0


def _dev(settings: Settings, options: argparse.Namespace) -> int:
    from dagster_project.dev import build_on_copy  # noqa: PLC0415 - dagster

    asked = (options.from_date, options.to_date) if options.from_date and options.to_date else None
    days, done = build_on_copy(settings, options.model, asked)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    if done.returncode:
        return 1
    return _print(f"Built on a copy, {days.from_date} to {days.to_date}. What readers would see change: make diff")


def _score_preview(settings: Settings, seeds_dir: Path | None) -> int:
    from dagster_project.configuration import SEEDS_DIR  # noqa: PLC0415 - yaml
    from dagster_project.score_preview import preview_scores  # noqa: PLC0415 - dagster
    from dagster_project.summary import print_preview  # noqa: PLC0415

    print_preview(preview_scores(settings, seeds_dir or SEEDS_DIR))
    return 0


def _diff(settings: Settings) -> int:
    from dagster_project.dev import dev_settings  # noqa: PLC0415 - dagster
    from dagster_project.diff import compare, mart_keys  # noqa: PLC0415 - duckdb
    from dagster_project.summary import print_comparison  # noqa: PLC0415

    published = settings.published_dir / "marts.duckdb"
    # The copy that `make dev` left, or else the last build, which a failed check may have kept from readers.
    sides = [place for place in (dev_settings(settings), settings) if place.build_path.exists()]
    if not sides or not published.exists():
        raise SettingsError("There is nothing to compare yet: `make run` first.")
    candidate = sides[0]
    found = compare(candidate.build_path, published.resolve(), mart_keys(candidate.dbt_target_dir / "manifest.json"))
    print_comparison(found, candidate.build_path)
    return 0


def _execute(
    settings: Settings, asked: tuple[date, date] | None, *, rescore: bool = False, confirmed: Sequence[str] = ()
) -> int:
    """Refresh the days asked for, or those that are missing; with `rescore` all of them."""
    from dagster_project.assets.extract import prepare_warehouse, set_damage_aside  # noqa: PLC0415 - dagster
    from dagster_project.assets.transform import DbtParseError  # noqa: PLC0415
    from dagster_project.days import checked_range, missing_days  # noqa: PLC0415
    from dagster_project.run_lock import hold_run_lock  # noqa: PLC0415

    hold_run_lock(settings)
    warehouse = prepare_warehouse(settings, rescore=rescore)
    first, last = checked_range(settings, *asked) if asked else missing_days(settings)
    if rescore:
        first = settings.calendar.history_start_date
    try:
        is_success = _execute_days(settings, first, last, confirmed)
        if is_success is None:
            set_damage_aside(warehouse, reads_all=True)
            prepare_warehouse(settings)
            is_success = _execute_days(settings, *missing_days(settings), confirmed)
    except DbtParseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0 if is_success else 1


def _execute_days(settings: Settings, first: date, last: date, confirmed: Sequence[str]) -> bool | None:
    """One run of the whole graph in this process; whether it ended well, and null where the warehouse is damaged."""
    import dagster as dg  # noqa: PLC0415 - a second of start-up

    from dagster_project.assets.extract import CONFIRM_TAG  # noqa: PLC0415
    from dagster_project.automation import REFRESH_JOB_NAME  # noqa: PLC0415
    from dagster_project.days import range_tags  # noqa: PLC0415
    from dagster_project.definitions import build_definitions  # noqa: PLC0415
    from dagster_project.run_history import close_run, note_interrupted_runs  # noqa: PLC0415
    from dagster_project.summary import print_summary  # noqa: PLC0415
    from dagster_project.warehouse import open_warehouse  # noqa: PLC0415

    sys.stderr.write(f"Bansou: {first} to {last} → {settings.published_dir}\n")
    definitions = build_definitions(settings)
    home = _dagster_home(settings)
    with exported({"DAGSTER_HOME": str(home)}), dg.DagsterInstance.get() as instance:
        note_interrupted_runs(settings, instance)
        result = definitions.resolve_job_def(REFRESH_JOB_NAME).execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"loggers": {"progress": {"config": {}}}},
            tags=range_tags(first, last) | ({CONFIRM_TAG: " ".join(confirmed)} if confirmed else {}),
        )
        if not result.success and open_warehouse(settings).damage(reads_all=True):
            return None
        is_success = close_run(settings, instance, result.run_id, is_success=result.success)
        print_summary(settings, instance, result.run_id, is_success=is_success)
    return is_success


if __name__ == "__main__":
    raise SystemExit(main())
