"""Seeds that scores cannot be computed with are refused by file, row and column, before anything is done."""

import re
from datetime import date
from pathlib import Path

import pytest

from dagster_project.configuration import land_configuration, read_seeds
from dagster_project.registry import EVIDENCE_WORDS, refuse_registry_faults, registry_faults, signal_rules
from dagster_project.settings import DBT_PROJECT_DIR, SettingsError, load_settings
from dagster_project.warehouse.duckdb import DuckDBWarehouse

HEAD = {
    "health_scores": "score_id,valid_from_date,minimum_coverage_rate,band_hold_days\n",
    "health_bands": "band_id,valid_from_date,band_rank,maximum_score\n",
    "account_stages": "stage_id,valid_from_date,minimum_age_days\n",
    "account_segments": "segment\n",
    "health_measures": "measure_id,valid_from_date,axis,maturity_axis,maturity_part,name_english,name_japanese,"
    "meaning_english,meaning_japanese,unit,direction,window_days,minimum_age_days,segments,stages,required_inputs\n",
    "health_curves": "measure_id,valid_from_date,knot_value,points\n",
    "health_weights": "score_id,measure_id,segment,stage,valid_from_date,weight\n",
    "goal_types": "goal_id,valid_from_date,feature_ids\n",
    "ladder_rungs": "rung,valid_from_date\n",
    "maturity_parts": "axis_id,part_id,valid_from_date\n",
    "maturity_tiers": "tier,valid_from_date,name_english,name_japanese,minimum_depth_score,minimum_breadth_score,"
    "minimum_height_score,asks_english,asks_japanese\n",
    "fit_criteria": "question_id,valid_from_date,weight,knockout_points\n",
    "fit_levels": "fit_id,valid_from_date,minimum_score\n",
    "onboarding_steps": "step_number,step_id,valid_from_date,required_input,stuck_after_days\n",
    "success_targets": "segment,valid_from_date,default_success_rung,deadline_months,ladder_target_rung\n",
    "signals": "signal_id,valid_from_date,segment,signal_kind,theme,name_english,name_japanese,meaning_english,"
    "meaning_japanese,threshold_value,second_threshold_value,third_threshold_value,window_days,minimum_age_days,"
    "required_inputs,evidence_english,evidence_japanese\n",
    "support_phases": "phase_id,phase_order,valid_from_date,above_band,minimum_ladder_rung,minimum_days,name_english,"
    "name_japanese,asks_english,asks_japanese\n",
}
# A row of every signal, the first two by hand.
SIGNALS = "score_drop,2026-01-01,*,risk,usage,N,N,M,M,0.5,,,28,90,,Fell by {value}.,{value}下がった。\n"
SIGNALS += (
    "licence_unused,2026-01-01,*,risk,usage,N,N,M,M,0.5,,,,30,users.user_id,{value_percent}%,{threshold_percent}%\n"
)
SIGNALS += "".join(
    f"{signal_id},2026-01-01,*,risk,{rule.theme},N,N,M,M,6,3,1,28,,,{{date}},{{date}}\n"
    for signal_id, rule in signal_rules().items()
    if signal_id not in {"score_drop", "licence_unused"}
)
GOOD = {
    "health_scores": "usage,2026-01-01,0.4,7\n",
    "health_bands": "unknown,2026-01-01,0,\nbelow_line,2026-01-01,1,1.5\nhigh,2026-01-01,2,4\n",
    "account_stages": "new,2026-01-01,0\nold,2026-01-01,90\n",
    "account_segments": "smb\n",
    "health_measures": "m,2026-01-01,people,depth,basic,M,M,M,M,share,up,28,0,*,*,usage_events.account_id\n"
    "n,2026-01-01,people,,,N,N,N,N,share,down,28,0,smb,new old,usage_events.account_id\n",
    "health_curves": "m,2026-01-01,0,0\nm,2026-01-01,1,4\nn,2026-01-01,0,4\nn,2026-01-01,1,0\n",
    "health_weights": "usage,m,*,*,2026-01-01,1\nusage,n,*,*,2026-01-01,2\nusage,n,smb,new,2026-02-01,0\n",
    "goal_types": "more,2026-01-01,f01 f02\n",
    "ladder_rungs": "1,2026-01-01\n2,2026-01-01\n",
    "maturity_parts": "depth,depth,2026-01-01\ndepth,basic,2026-01-01\nbreadth,breadth,2026-01-01\n"
    "height,height,2026-01-01\n",
    "maturity_tiers": "1,2026-01-01,A,A,0,0,0,a,a\n2,2026-01-01,B,B,1,1,0,b,b\n3,2026-01-01,C,C,1,2,1.5,c,c\n",
    "fit_criteria": "problem,2026-01-01,2,0\ndata,2026-01-01,1,\n",
    "fit_levels": "good,2026-01-01,2.5\npoor,2026-01-01,0\nunknown,2026-01-01,\n",
    "onboarding_steps": "1,login,2026-01-01,users.activated_at,30\n",
    "success_targets": "*,2026-01-01,1,2,2\nsmb,2026-02-01,2,3,2\n",
    "signals": SIGNALS,
    "support_phases": "unknown,0,2026-01-01,,,,N,N,A,A\nsceptical,1,2026-01-01,,,,N,N,A,A\n"
    "convinced,2,2026-01-01,,,,N,N,A,A\nskilled,3,2026-01-01,high,3,,N,N,A,A\n"
    "self_running,4,2026-01-01,,,90,N,N,A,A\n",
}


def _seeds(**changed: str) -> dict[str, str]:
    return {name: head + changed.get(name, GOOD[name]) for name, head in HEAD.items()}


def test_seeds_as_they_are_have_no_fault() -> None:
    assert registry_faults(read_seeds()) == []
    assert registry_faults(_seeds()) == []


# What is changed in which seed, and the place and words of the fault.
BAD = [
    (
        "health_curves",
        "m,2026-01-01,0,0\nm,2026-01-01,1,4",
        "m,2026-01-01,1,4\nm,2026-01-01,0,0",
        "row 3, knot_value: 0 comes",
    ),
    ("health_curves", "m,2026-01-01,0,0\n", "", "row 2, knot_value: a curve has two knots"),
    ("health_curves", "m,2026-01-01,1,4", "m,2026-01-01,1,4.1", "row 3, points: "),
    (
        "health_curves",
        "0,4\nn,2026-01-01,1,0",
        "0,0\nn,2026-01-01,1,4",
        "row 4, points: the points of n do not go down",
    ),
    ("health_curves", "n,2026-01-01,0,4", "o,2026-01-01,0,4", "row 4, measure_id: there is no measure 'o'"),
    ("health_weights", "01,1\n", "01,-1\n", "row 2, weight: "),
    (
        "health_weights",
        "01,1\nusage,n,*,*,2026-01-01,2",
        "01,0\nusage,n,*,*,2026-01-01,0",
        "row 3, weight: from 2026-01-01 every",
    ),
    ("health_weights", "usage,m,", "usage,x,", "row 2, measure_id: there is no measure 'x'"),
    ("health_weights", "usage,m,", "use,m,", "row 2, score_id: there is no score 'use'"),
    ("health_weights", "n,smb,", "n,big,", "row 4, segment: there is no segment 'big'"),
    ("health_weights", "smb,new", "smb,late", "row 4, stage: there is no stage 'late'"),
    ("health_weights", "usage,n,*", "usage,m,*", "row 3, valid_from_date: row 2 holds for"),
    ("health_weights", "2026-02-01", "1 Feb", "row 4, valid_from_date: "),
    ("health_bands", "high,2026-01-01,2", "high,2026-01-01,3", "row 4, band_rank: there is a gap"),
    ("health_bands", ",4\n", ",3.5\n", "row 4, maximum_score: scores from 3.5 to 4 have no band"),
    ("health_bands", "1,1.5", "1,4", "row 4, maximum_score: must lie above 4"),
    ("health_bands", "1,1.5", "1,", "row 3, maximum_score: must lie above 0"),
    ("health_bands", "unknown,2026-01-01,0,\n", "", "row 2, band_rank: the first band has rank 0"),
    ("health_scores", "0.4,7", "0.4,15", "row 2, band_hold_days: "),
    ("health_scores", "0.4,7", "1.4,7", "row 2, minimum_coverage_rate: "),
    ("account_stages", "new,2026-01-01,0", "new,2026-01-01,1", "row 2, minimum_age_days: the first stage begins"),
    ("account_stages", "old,2026-01-01,90", "old,2026-01-01,0", "row 3, minimum_age_days: row 2 begins there"),
    ("health_measures", "people,depth", "persons,depth", "row 2, axis: "),
    ("health_measures", "depth,basic", "height,basic", "row 2, maturity_axis: "),
    (
        "health_measures",
        "depth,basic",
        "depth,other",
        "row 2, maturity_part: there is no part of maturity 'depth other'",
    ),
    (
        "health_measures",
        "depth,basic",
        "breadth,basic",
        "row 2, maturity_part: there is no part of maturity 'breadth basic'",
    ),
    ("health_measures", "depth,basic", "depth,", "row 2, maturity_part: there is no part of maturity 'depth'"),
    ("health_measures", "depth,basic", ",basic", "row 2, maturity_part: there is no part of maturity 'basic'"),
    ("health_measures", "N,N,N,N", "N,,N,N", "row 3, name_japanese: "),
    ("health_measures", "smb,new old", "smb big,new old", "row 3, segments: there is no segment 'big'"),
    ("health_measures", "new old", "late", "row 3, stages: there is no stage 'late'"),
    (
        "health_measures",
        "usage_events.account_id",
        "usage_events.x",
        "row 2, required_inputs: there is no input column",
    ),
    ("goal_types", "f01 f02", "", "row 2, feature_ids: "),
    ("ladder_rungs", "2,", "3,", "row 3, rung: is 3 where 2 is due"),
    ("ladder_rungs", "1,2026-01-01\n2,", "2,2026-01-01\n3,", "row 2, rung: is 2 where 1 is due"),
    ("ladder_rungs", "2,2026-01-01\n", "2,2026-01-01\n2,2026-03-01\n", "row 4, rung: is 2 where 1 is due"),
    ("ladder_rungs", "2,", ",", "row 3, rung: "),
    ("onboarding_steps", "1,login", "0,login", "row 2, step_number: "),
    ("onboarding_steps", "1,login", "2,login", "row 2, step_number: is 2 where 1 is due"),
    ("onboarding_steps", "users.activated_at", "users.x", "row 2, required_input: there is no input column"),
    (
        "health_measures",
        "depth,basic",
        "depth,depth",
        "row 2, maturity_part: there is no part of maturity 'depth depth'",
    ),
    ("maturity_parts", "height,height", "width,width", "row 5, axis_id: "),
    ("maturity_parts", "height,height", "height,people", "row 5, axis_id: no row names the axis height"),
    ("maturity_parts", "height,height,2026-01-01\n", "", "row 1, axis_id: no row names the axis height"),
    ("maturity_tiers", "3,2026", "4,2026", "row 4, tier: is 4 where 3 is due"),
    ("maturity_tiers", "3,2026", "2,2026", "row 4, valid_from_date: row 3 holds for 2 from 2026-01-01 too"),
    ("maturity_tiers", "A,A,0,0,0", "A,A,0,0.5,0", "row 2, minimum_breadth_score: scores below 0.5 have no tier"),
    ("maturity_tiers", "B,1,1,0", "B,1.5,1,0", "row 4, minimum_depth_score: is less than the 1.5 of the tier below it"),
    ("maturity_tiers", "1,2,1.5", "1,1,0", "row 4, tier: asks what row 3 asks"),
    ("maturity_tiers", "1,2,1.5", "1,4.1,1.5", "row 4, minimum_breadth_score: "),
    ("maturity_tiers", "1,2,1.5", "1,2,", "row 4, minimum_height_score: "),
    ("maturity_tiers", "c,c", "c,", "row 4, asks_japanese: "),
    ("fit_criteria", "2,0", "0,0", "row 2, weight: "),
    ("fit_criteria", "2,0", "2,5", "row 2, knockout_points: "),
    ("fit_criteria", "2,0", "2,0.5", "row 2, knockout_points: "),
    ("fit_criteria", "data,", "problem,", "row 3, valid_from_date: row 2 holds for problem"),
    ("fit_levels", "good,2026-01-01,2.5", "good,2026-01-01,4.5", "row 2, minimum_score: "),
    ("fit_levels", "good,2026-01-01,2.5", "good,2026-01-01,0", "row 3, minimum_score: row 2 begins there too"),
    ("fit_levels", "poor,2026-01-01,0", "poor,2026-01-01,0.5", "row 3, minimum_score: the lowest level begins at 0"),
    ("fit_levels", "unknown,2026-01-01,\n", "", "row 2, minimum_score: unknown has no minimum"),
    ("fit_levels", "poor,2026-01-01,0", "poor,2026-01-01,", "row 2, minimum_score: unknown has no minimum"),
    (
        "fit_levels",
        "good,2026-01-01,2.5\npoor,2026-01-01,0\n",
        "",
        "row 2, minimum_score: the lowest level begins at 0",
    ),
    ("fit_levels", "good,", "great,", "row 2, fit_id: "),
    ("onboarding_steps", ",30", ",0", "row 2, stuck_after_days: "),
    ("success_targets", "smb", "big", "row 3, segment: there is no segment 'big'"),
    ("success_targets", "*,2026-01-01,1,2,2\n", "", "row 2, segment: from the first day on * needs a row"),
    ("success_targets", "*,2026-01-01", "*,2026-03-01", "row 3, segment: from the first day on * needs a row"),
    ("success_targets", "1,2,2", "1,0,2", "row 2, deadline_months: "),
    ("success_targets", "2,3,2", "2,3,3", "row 3, ladder_target_rung: is 3, and the ladder in force on 2026-02-01"),
    ("success_targets", "1,2,2", "3,2,2", "row 2, default_success_rung: is 3, and the ladder in force on 2026-01-01"),
    ("health_bands", "below_line", "low", "row 2, band_id: from 2026-01-01 there is no band below_line"),
    ("signals", "score_drop", "score_rise", "row 2, signal_id: there is no signal 'score_rise'"),
    ("signals", "*,risk,usage", "big,risk,usage", "row 2, segment: there is no segment 'big'"),
    ("signals", "*,risk,usage", "smb,risk,usage", "row 23, segment: no row holds for score_drop in all segments"),
    ("signals", "risk,usage", "danger,usage", "row 2, signal_kind: "),
    ("signals", "risk,usage", "risk,voice", "row 2, theme: is voice; score_drop is about usage"),
    ("signals", "0.5,,,28", ",,,28", "row 2, threshold_value: is blank, and score_drop holds against it"),
    ("signals", "28,90", ",90", "row 2, window_days: is blank, and score_drop holds against it"),
    ("signals", "28,90", "0,90", "row 2, window_days: "),
    ("signals", "users.user_id", "users.x", "row 3, required_inputs: there is no input column"),
    ("signals", "by {value}", "by {fall}", "row 2, evidence_english: nothing takes the place of {fall}"),
    ("signals", "{value}下", "{value下", "row 2, evidence_japanese: a brace is left open"),
    ("signals", "0.5,,,,30", "50,,,,30", "row 3, threshold_value: is shown in percent, so it lies between 0 and 1"),
    (
        "signals",
        SIGNALS,
        SIGNALS + SIGNALS.splitlines()[0].replace("*,risk", "smb,state"),
        "row 24, signal_kind: is another than in the row of score_drop before",
    ),
    ("support_phases", "skilled,3,", "skilled,5,", "row 2, phase_order: from 2026-01-01 the phases are not unknown,"),
    ("support_phases", "sceptical,1,2026-01-01,,,,N,N,A,A\n", "", "row 2, phase_order: from 2026-01-01 the phases"),
    ("support_phases", "high,3", "best,3", "row 5, above_band: there is no band 'best'"),
    ("support_phases", "high,3", ",3", "row 5, above_band: is blank, and skilled is judged by it"),
    ("support_phases", ",,90", ",,", "row 6, minimum_days: is blank, and self_running is judged by it"),
    ("support_phases", "convinced,2,2026-01-01,,", "convinced,2,2026-01-01,high,", "row 4, above_band: is told, and"),
    ("support_phases", "skilled", "adept", "row 5, phase_id: "),
]


@pytest.mark.parametrize(("seed", "old", "new", "told"), BAD)
def test_fault_is_named_by_file_row_and_column(seed: str, old: str, new: str, told: str) -> None:
    assert old in GOOD[seed]
    with pytest.raises(SettingsError) as caught:
        refuse_registry_faults(_seeds(**{seed: GOOD[seed].replace(old, new, 1)}))
    assert f"seeds/{seed}.csv, {told}" in str(caught.value)


@pytest.mark.parametrize("seed", sorted(HEAD.keys() - {"account_segments"}))
def test_two_rows_of_one_key_and_day_are_a_fault_in_every_seed(seed: str) -> None:
    rows = GOOD[seed].splitlines(keepends=True)
    (fault,) = registry_faults(_seeds(**{seed: GOOD[seed] + rows[0]}))
    place = f"seeds/{seed}.csv, row {len(rows) + 2}, valid_from_date"
    assert str(fault).startswith(f"{place}: row 2 holds for ")


def test_rows_of_another_day_are_no_fault() -> None:
    later = {
        seed: GOOD[seed] + GOOD[seed].replace("2026-01-01", "2026-06-01").replace("2026-02-01", "2026-07-01")
        for seed in HEAD.keys() - {"account_segments"}
    }
    assert registry_faults(_seeds(**later)) == []


def test_a_ladder_that_grows_shorter_than_a_target_is_a_fault() -> None:
    """The target stands, and the rung that it names is gone from a later day on."""
    faults = registry_faults(_seeds(ladder_rungs=GOOD["ladder_rungs"] + "1,2026-05-01\n"))
    assert "row 2, ladder_target_rung: is 2, and the ladder in force on 2026-05-01 ends at 1" in str(faults[0])


@pytest.mark.parametrize(
    ("signal_id", "old", "new", "told"),
    [
        ("silent_customer", "28", "91", "window_days: is 91; what silent_customer looks at is read 90 days back"),
        ("detractor", "28", "181", "window_days: is 181; what detractor looks at is read 180 days back"),
        ("renewal_window", "6,3", "3,3", "second_threshold_value: the window opens threshold_value"),
        ("renewal_window", "6,3", "6.5,3", "second_threshold_value: the window opens threshold_value"),
    ],
)
def test_rule_that_its_signal_cannot_hold_is_named(signal_id: str, old: str, new: str, told: str) -> None:
    row = next(line for line in SIGNALS.splitlines() if line.startswith(signal_id))
    seeds = _seeds(signals=SIGNALS.replace(row, row.replace(old, new, 1)))
    faults = [str(fault).partition(", ")[2].partition(", ")[2] for fault in registry_faults(seeds)]
    assert [fault[: len(told)] for fault in faults] == [told]


def test_every_signal_is_found_by_one_select_that_reads_the_numbers_it_is_said_to_read() -> None:
    """The list of signals in the models' YAML, by which seeds are judged, is that of the SQL."""
    found: dict[str, tuple[str, set[str]]] = {}
    folder = DBT_PROJECT_DIR / "models" / "intermediate" / "signals"
    reviewed = (folder / "int_renewal_windows_found.sql").read_text(encoding="utf-8")
    judged = (folder.parent / "usage" / "int_session_weeks_judged.sql").read_text(encoding="utf-8")
    elsewhere = {"renewal_window": reviewed, "low_session_time": judged}
    for path in folder.glob("int_*_signals_found.sql"):
        final = path.read_text(encoding="utf-8").partition("final as (")[2]
        for select in final.split("union all"):
            named = re.findall(r"is_rule_of\('rules', '(\w+)'", select)
            assert len(named) == 1, path
            assert named[0] not in found, named
            read = set(re.findall(r"rules\.(\w+_value|window_days)", select + elsewhere.get(named[0], "")))
            found[named[0]] = (path.stem.removeprefix("int_").removesuffix("_signals_found"), read)
    assert {name: (rule.theme, set(rule.numbers)) for name, rule in signal_rules().items()} == found
    assert len(found) == 22


def test_words_of_sentences_are_those_that_sql_fills_in() -> None:
    folder = DBT_PROJECT_DIR / "models" / "intermediate" / "signals"
    numbers: set[str] = set()
    for name in ("int_signal_rules_profiled", "int_signals_found"):
        told = (folder / f"{name}.sql").read_text(encoding="utf-8").partition("set numbers = {")[2].partition("}")[0]
        numbers |= set(re.findall(r"'(\w+)': ", told))
    assert {"date", *numbers, *(f"{number}_percent" for number in numbers)} == EVIDENCE_WORDS


def test_seeds_with_a_fault_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are judged before they are kept, and keeping them is what a run begins with."""
    bad = {**read_seeds(), "health_weights": HEAD["health_weights"] + "usage,nothing,*,*,2020-01-01,1\n"}
    monkeypatch.setattr("dagster_project.configuration.read_seeds", lambda: bad)
    settings = load_settings({"BANSOU_HOME": str(tmp_path)})
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    warehouse.prepare([])
    with pytest.raises(SettingsError, match="no measure 'nothing'"):
        land_configuration(settings, warehouse)
    assert warehouse.configuration_on(date.max) == []
