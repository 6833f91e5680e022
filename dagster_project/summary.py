"""The short report at the end of a run: what was read, rejected and checked, and who needs a look."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from rich.console import Console
from rich.table import Table

from dagster_project.checks.gate import CheckOutcome, outcomes_of_run
from dagster_project.contract import input_contract
from dagster_project.progress import PROGRESS
from dagster_project.publishing import read_manifest
from dagster_project.run_history import errors_of_run
from dagster_project.settings import Settings
from dagster_project.source_states import not_delivering
from dagster_project.warehouse import open_warehouse
from dagster_project.warehouse.published import PublishedReader

if TYPE_CHECKING:
    from dagster_project.diff import BandChange, Comparison
    from dagster_project.forgetting import Forgetting
    from dagster_project.replay import Replay
    from dagster_project.score_preview import Preview

ACCOUNTS_AT_RISK = 10
DIFFERENCES_SHOWN = 20
MINIMUM_WIDTH = 120


def print_summary(settings: Settings, instance: dg.DagsterInstance, run_id: str, *, is_success: bool) -> None:
    """Print the report of a run to standard output; after a failure, what failed and what readers still see."""
    console = _console()
    outcomes = outcomes_of_run(instance, run_id)
    if open_warehouse(settings).exists():
        _print_rows_read(console, settings)
    _print_checks(console, outcomes)
    manifest = read_manifest(settings)
    if open_warehouse(settings).exists():
        _print_held(console, not_delivering(open_warehouse(settings)))
    if not is_success:
        _print_failure(console, settings, instance, run_id, outcomes)
        standing = f"The set {manifest['publish_id']} stays published." if manifest else "Nothing is published yet."
        console.print(f"\n[bold red]The run failed.[/] {standing}")
    elif manifest is not None:
        _print_published(console, settings)
    _print_times(console)
    if manifest is not None:
        _print_place(console, settings, manifest)
    console.print("Look inside: `make ui` opens Dagster's graph, `make docs` the models' documentation.")


def print_standing_summary(settings: Settings) -> None:
    """Print the report of the set that stands, where a run would change nothing."""
    console = _console()
    manifest = read_manifest(settings)
    if manifest is None:
        return
    console.print(f"Nothing is new since {manifest['published_at']}: same files, code, configuration and day.")
    _print_rows_read(console, settings)
    checks = manifest["checks"]
    console.print(f"\nChecks of that run · 検査: {checks['passed']} passed, {checks['failed']} failed")
    _print_held(console, manifest["held_tables"])
    _print_published(console, settings)
    _print_place(console, settings, manifest)


def print_replay(found: "Replay") -> None:
    """Print what a replay compared, and every row that came out otherwise, as far as they fit."""
    console = _console()
    compared = ", ".join(f"{count:,} rows of {mart}" for mart, count in found.row_counts.items())
    console.print(f"{found.day}, scored again from {found.rows_known:,} rows known by its end: {compared}.")
    if not found.differences:
        console.print("[bold green]All equal to what is stored.[/] · 保存済みの値と一致")
        return
    console.print(f"[bold red]{len(found.differences):,} rows differ.[/]")
    if not found.is_same_code:
        console.print("The models have changed since that day was built, which may be the cause.")
    for difference in found.differences[:DIFFERENCES_SHOWN]:
        console.print(f"  {difference}", highlight=False, markup=False)


def print_forgetting(found: "Forgetting", *, is_published: bool) -> None:
    """Print where a person was taken out, and where nobody but people can."""
    console = _console()
    table = Table("place", title="Forgotten · 個人データ削除", title_justify="left")
    table.add_column("rows changed", justify="right")
    for place, count in found.row_counts.items():
        table.add_row(place, f"{count:,}")
    console.print(table)
    if is_published:
        console.print("A set without the person is published, and every copy from before is gone.")
    else:
        console.print(
            "[bold red]The published sets still hold the person:[/] mend what failed, and repeat the request."
        )
    for name in found.seeds:
        console.print(f"seeds/{name}.csv names the person: take the rows out by hand.")
    console.print("Out of reach: the source systems themselves, and the files that they exported.")


def print_comparison(found: "Comparison", candidate: Path) -> None:
    """Print what readers would see change: rows by mart, changed values, accounts that change band and why."""
    console = _console()
    console.print(f"Candidate {candidate} beside what is published")
    equal = [mart.mart for mart in found.marts if mart.is_equal]
    table = Table("mart", title="What would change · 変更点", title_justify="left")
    for name in ("added", "removed", "changed"):
        table.add_column(name, justify="right")
    table.add_column("changed values by column; columns new and gone")
    for mart in found.marts:
        if not mart.is_equal:
            told = [f"{name} {count:,}" for name, count in mart.changed_columns.items()]
            told += [f"new: {name}" for name in mart.new_columns] + [f"gone: {name}" for name in mart.gone_columns]
            counts = (f"{count:,}" for count in (mart.rows_added, mart.rows_removed, mart.rows_changed))
            table.add_row(mart.mart, *counts, ", ".join(told))
    if table.row_count:
        console.print(table)
    console.print(f"{len(equal)} of {len(found.marts)} marts are equal.", highlight=False)
    if found.band_changes:
        _print_band_changes(console, found.band_changes)


def print_preview(found: "Preview") -> None:
    """Print how many accounts each band has under both registries, and who would change, those moved most first."""
    console = _console()
    console.print(f"{found.day} scored with {found.seeds_dir} beside the seeds in force; nothing is changed.")
    table = Table("score", "band", title="Accounts by band · バンド別の顧客数", title_justify="left")
    table.add_column("now", justify="right")
    table.add_column("then", justify="right")
    for row in found.counts:
        table.add_row(row["score_id"], row["band_id"], f"{row['count_now']:,}", f"{row['count_then']:,}")
    console.print(table)
    if not found.band_changes:
        console.print("No account would change band. · バンドが変わる顧客はありません")
        return
    moved = sorted(found.band_changes, key=lambda change: -abs((change.new_score or 0) - (change.old_score or 0)))
    _print_band_changes(console, moved)


def _print_band_changes(console: Console, changes: Sequence["BandChange"]) -> None:
    bands = Table(
        "account", "score", "band", "value", "moved most by",
        title=f"Accounts that change band · バンド変更: {len(changes):,}", title_justify="left",
    )  # fmt: skip
    for change in changes[:DIFFERENCES_SHOWN]:
        bands.add_row(
            change.account_id, change.score_id, f"{change.old_band} → {change.new_band}",
            f"{_score(change.old_score)} → {_score(change.new_score)}", ", ".join(change.reasons),
        )  # fmt: skip
    console.print(bands)


def _score(value: Any) -> str:
    return "none" if value is None else f"{value:.2f}"


def _console() -> Console:
    return Console(width=max(MINIMUM_WIDTH, Console().width))


def _print_place(console: Console, settings: Settings, manifest: dict[str, Any]) -> None:
    console.print(f"\nPublished set {manifest['publish_id']}: {settings.published_dir}/marts.duckdb, …/parquet/")


def _print_rows_read(console: Console, settings: Settings) -> None:
    warehouse = open_warehouse(settings)
    table = Table("source", "entity", title="Rows read so far · 読み込み", title_justify="left")
    for name in ("read", "new", "changed", "removed", "unchanged", "superseded", "filtered", "rejected"):
        table.add_column(name, justify="right")
    for row in warehouse.rows(
        "select source_name, entity, sum(rows_read) as read, sum(coalesce(rows_new, rows_loaded)) as new_records, "
        "sum(rows_loaded - coalesce(rows_new, rows_loaded)) as changed, sum(coalesce(rows_removed, 0)) as removed, "
        "sum(rows_unchanged) as unchanged, sum(rows_superseded) as superseded, sum(rows_filtered) as filtered, "
        "sum(rows_rejected) as rejected from raw.batches "
        "group by source_name, entity order by source_name, entity"
    ):
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()))
    console.print(table)
    if missing := sorted(input_contract().keys() - settings.entities_fed):
        console.print(f"  no source for {len(missing)} entities: {', '.join(missing)}")
        console.print("  what needs them stays null and says no_source")
    rejected = warehouse.rows(
        "select entity, reason, column_name, count(*) as row_count, min(file_path) as file_path, "
        "min(row_number) as row_number, min(value) as value from raw.rejected_rows "
        "group by entity, reason, column_name order by entity, reason, column_name"
    )
    for row in rejected:
        example = f"{row['file_path']}, row {row['row_number']}" if row["file_path"] else f"row {row['row_number']}"
        told = f" = '{row['value']}'" if row["value"] else ""
        console.print(
            f"  rejected: {row['row_count']:,} × {row['reason']} in {row['entity']}"
            f"{'.' + row['column_name'] if row['column_name'] else ''}{told} (first: {example})",
            highlight=False,
        )


def _print_checks(console: Console, outcomes: list[CheckOutcome]) -> None:
    passed = sum(outcome.passed for outcome in outcomes)
    failed = [outcome for outcome in outcomes if not outcome.passed and outcome.is_blocking]
    warned = [outcome for outcome in outcomes if not outcome.passed and not outcome.is_blocking]
    console.print(f"\nChecks · 検査: {passed} passed, {len(failed)} failed, {len(warned)} warned")
    for outcome in [*failed, *warned]:
        console.print(f"  {'failed' if outcome.is_blocking else 'warned'}: {outcome.asset}: {outcome.check}")


def _print_held(console: Console, held_tables: Sequence[Mapping[str, Any]]) -> None:
    """Tables whose newest rows are not in what readers see."""
    if not held_tables:
        return
    console.print(
        f"\n[bold yellow]Held or late · 保留・遅延: {len(held_tables)}[/]; their measures are stale from then on"
    )
    for row in held_tables:
        named = f"{row['source_name']}.{row['entity']}"
        console.print(f"  {row['state']} since {str(row['since_at'])[:10]}: {named}", highlight=False)
        console.print(f"    {row['message']}", highlight=False, markup=False)
    console.print(
        "  Mend the delivery and run again; where a smaller fetch is right: make run CONFIRM=<source>.<table>"
    )


def _print_failure(
    console: Console, settings: Settings, instance: dg.DagsterInstance, run_id: str, outcomes: list[CheckOutcome]
) -> None:
    for step, message in errors_of_run(instance, run_id):
        console.print(f"\n{step}: {message}", style="red", markup=False)
    if any(outcome.is_blocking and not outcome.passed for outcome in outcomes):
        console.print(f"Failing rows, remedies and what was built: {settings.failed_candidate_dir}")


def _print_published(console: Console, settings: Settings) -> None:
    reader = PublishedReader(settings.published_dir)
    console.print()
    bands = Table("band", "", title="Accounts by health · ヘルススコア別アカウント数", title_justify="left")
    for name in ("accounts", "monthly revenue"):
        bands.add_column(name, justify="right")
    for row in reader.rows(
        "select coalesce(b.band_id, 'unknown') as band, b.name_japanese as label, count(*) as accounts, "
        "sum(a.mrr_amount) as mrr from dim_accounts as a "
        "left join dim_health_bands as b on coalesce(a.health_band, 'unknown') = b.band_id "
        "where a.is_live and a.is_customer group by 1, 2, b.band_rank order by b.band_rank"
    ):
        bands.add_row(row["band"], row["label"], f"{row['accounts']:,}", f"{row['mrr']:,.0f}")
    console.print(bands)
    _print_at_risk(console, reader)
    _print_identities(console, reader)
    _print_oddities(console, reader)


def _print_at_risk(console: Console, reader: PublishedReader) -> None:
    rows = reader.rows(
        """
        select a.account_id, a.account_name, a.health_band, a.health_score, a.mrr_amount,
            split_part(s.reasons_down_english, '. ', 1) as main_reason
        from dim_accounts as a
        left join fct_health_scores as s
            on a.account_id = s.account_id and s.score_id = 'health' and s.score_date = a.as_of_date
        where a.is_live and a.is_customer and a.health_score is not null
        order by a.health_band = 'unknown', a.health_score, a.account_id limit ?
        """,
        [ACCOUNTS_AT_RISK],
    )
    table = Table(
        "account", "name", "band", "score", "monthly revenue", "main reason",
        title="Accounts at most risk · 要注意アカウント", title_justify="left",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            row["account_id"], row["account_name"], row["health_band"], f"{row['health_score']:.2f}",
            f"{row['mrr_amount']:,.0f}", row["main_reason"],
        )  # fmt: skip
    console.print(table)
    at_risk = reader.rows(
        "select coalesce(sum(mrr_amount) filter (where health_band in ('at_risk', 'below_line')), 0) as at_risk, "
        "coalesce(sum(mrr_amount), 0) as total from dim_accounts where is_live and is_customer"
    )[0]
    console.print(
        f"Monthly revenue at risk · 危険な月次売上: {at_risk['at_risk']:,.0f} of {at_risk['total']:,.0f} "
        f"(bands at_risk and below_line)"
    )


def _print_identities(console: Console, reader: PublishedReader) -> None:
    """How the companies and people of other sources were matched; nothing where every source uses our ids."""
    rows = reader.rows(
        "select source_name, record_kind, match_method, count(*) as row_count from mart_identity_matches "
        "group by all order by source_name, record_kind, bool_and(is_matched) desc, row_count desc"
    )
    told: dict[str, list[str]] = {}
    for row in rows:
        place = f"{row['source_name']}, {row['record_kind']}"
        told.setdefault(place, []).append(f"{row['row_count']:,} {row['match_method']}")
    if told:
        console.print("Identities · 名寄せ (mart_identity_matches lists each)")
    for place, counts in told.items():
        console.print(f"  {place}: {', '.join(counts)}", highlight=False)


def _print_oddities(console: Console, reader: PublishedReader) -> None:
    rows = reader.rows(
        "select oddity_id, meaning_english, decision_english, count(*) as row_count from mart_input_oddities "
        "group by all order by oddity_id"
    )
    if not rows:
        return
    table = Table("oddity", title="Oddities in the input, kept and counted · 入力データの不整合", title_justify="left")
    table.add_column("rows", justify="right")
    table.add_column("meaning")
    table.add_column("decision")
    for row in rows:
        table.add_row(row["oddity_id"], f"{row['row_count']:,}", row["meaning_english"], row["decision_english"])
    console.print(table)


def _print_times(console: Console) -> None:
    times: dict[str, Any] = PROGRESS.stage_seconds
    if times:
        console.print("\nTime · 所要時間: " + " · ".join(f"{name} {seconds:.1f} s" for name, seconds in times.items()))
