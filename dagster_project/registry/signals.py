"""Signals, the sentences that tell them, and the phases of support."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from pydantic import Field

from dagster_project.registry.rows import (
    ALL,
    OptionalCount,
    OptionalNumber,
    RegistryFault,
    Row,
    Text,
    Words,
    grouped,
)
from dagster_project.settings import DBT_PROJECT_DIR

# Numbers of a signal's row by the word that stands for them in its sentences; those of the day have no column.
EVIDENCE_NUMBERS = {
    "value": None,
    "second_value": None,
    "threshold": "threshold_value",
    "second_threshold": "second_threshold_value",
    "third_threshold": "third_threshold_value",
    "window": "window_days",
}
PERCENT = "_percent"
EVIDENCE_WORDS = {"date", *EVIDENCE_NUMBERS, *(f"{word}{PERCENT}" for word in EVIDENCE_NUMBERS)}
PhaseId = Literal["unknown", "sceptical", "convinced", "skilled", "self_running"]
PHASES: tuple[PhaseId, ...] = get_args(PhaseId)
# What each phase reads of its row in support_phases; the rest stays blank.
PHASE_RULES = {"skilled": ("above_band", "minimum_ladder_rung"), "self_running": ("minimum_days",)}


class Signal(Row):
    """The rule by which a signal is found in a segment, and how it is told."""

    seed_name = "signals"
    version_key = ("signal_id", "segment")

    signal_id: Text
    segment: Text
    signal_kind: Literal["risk", "chance", "state", "request"]
    theme: Literal["usage", "onboarding", "value", "people", "voice", "renewal", "groups"]
    name_english: Text
    name_japanese: Text
    meaning_english: Text
    meaning_japanese: Text
    threshold_value: OptionalNumber
    second_threshold_value: OptionalNumber
    third_threshold_value: OptionalNumber
    window_days: OptionalCount = Field(ge=1)
    minimum_age_days: OptionalCount = Field(ge=0)
    required_inputs: Words
    evidence_english: Text
    evidence_japanese: Text


class Phase(Row):
    """A phase of support, with what it is judged by."""

    seed_name = "support_phases"
    part_key = ("phase_id",)

    phase_id: PhaseId
    phase_order: int = Field(ge=0)
    above_band: str
    minimum_ladder_rung: OptionalCount = Field(ge=1)
    minimum_days: OptionalCount = Field(ge=1)
    name_english: Text
    name_japanese: Text
    asks_english: Text
    asks_japanese: Text


@dataclass(frozen=True)
class SignalRule:
    """A signal that a theme model finds: its theme, the numbers of its row that its select reads, and how many days its
    facts reach back; null where they reach as far as it asks."""

    theme: str
    numbers: tuple[str, ...]
    longest_window_days: int | None


@cache
def signal_rules() -> dict[str, SignalRule]:
    """Every signal that a theme model finds, as the models' YAML tells."""
    import yaml  # noqa: PLC0415 - read once

    path = DBT_PROJECT_DIR / "models" / "intermediate" / "signals" / "_int_signals__models.yml"
    return {
        signal_id: SignalRule(
            theme=model["name"].removeprefix("int_").removesuffix("_signals_found"),
            numbers=tuple(told["numbers"]),
            longest_window_days=told.get("longest_window_days"),
        )
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        for column in model["columns"]
        for signal_id, told in column.get("config", {}).get("meta", {}).get("signals", {}).items()
    }


def signal_faults(signals: Sequence[Signal]) -> Iterable[RegistryFault]:
    """Rules without the numbers that they hold against, and signals without a rule for all segments."""
    rules, kinds = signal_rules(), dict[str, str]()
    for row in signals:
        if row.signal_id not in rules:
            continue
        rule = rules[row.signal_id]
        for column in rule.numbers:
            if getattr(row, column) is None:
                yield row.fault(column, f"is blank, and {row.signal_id} holds against it")
        if row.theme != rule.theme:
            yield row.fault("theme", f"is {row.theme}; {row.signal_id} is about {rule.theme}")
        if kinds.setdefault(row.signal_id, row.signal_kind) != row.signal_kind:
            yield row.fault("signal_kind", f"is another than in the row of {row.signal_id} before")
        if rule.longest_window_days and (row.window_days or 0) > rule.longest_window_days:
            yield row.fault(
                "window_days",
                f"is {row.window_days}; what {row.signal_id} looks at is read {rule.longest_window_days} days back",
            )
        if row.signal_id == "renewal_window" and not _opens_before_it_closes(row):
            yield row.fault(
                "second_threshold_value",
                "the window opens threshold_value and closes second_threshold_value months before the end: whole "
                "numbers, the first one larger",
            )
    told = {row.signal_id for row in signals if row.segment == ALL}
    for signal_id in sorted(rules.keys() - told):
        yield RegistryFault(
            Signal.seed_name,
            max((row.row_number for row in signals), default=1),
            "segment",
            f"no row holds for {signal_id} in all segments ({ALL})",
        )


def _opens_before_it_closes(window: Signal) -> bool:
    opens, closes = window.threshold_value, window.second_threshold_value
    if opens is None or closes is None:
        return True  # told as blank
    return opens > closes >= 0 and opens % 1 == closes % 1 == 0


def sentence_faults(signals: Sequence[Signal]) -> Iterable[RegistryFault]:
    """Words in braces that nothing takes the place of, and shares that are no shares."""
    for row in signals:
        for column in ("evidence_english", "evidence_japanese"):
            sentence: str = getattr(row, column)
            words = re.findall(r"\{([^{}]*)\}", sentence)
            for word in words:
                if word not in EVIDENCE_WORDS:
                    yield row.fault(
                        column, f"nothing takes the place of {{{word}}}; there are {', '.join(sorted(EVIDENCE_WORDS))}"
                    )
                number = EVIDENCE_NUMBERS.get(word.removesuffix(PERCENT)) if word.endswith(PERCENT) else None
                if number and not 0 <= (getattr(row, number) or 0) <= 1:
                    yield row.fault(number, f"is shown in percent, so it lies between 0 and 1 ({column})")
            if sentence.count("{") != len(words) or sentence.count("}") != len(words):
                yield row.fault(column, "a brace is left open")


def phase_faults(phases: Sequence[Phase]) -> Iterable[RegistryFault]:
    """Versions that leave a phase out or number phases otherwise, and phases without what they are judged by."""
    for group in grouped(phases, "valid_from_date"):
        ordered = sorted(group, key=lambda phase: phase.phase_order)
        if tuple(phase.phase_id for phase in ordered) != PHASES:
            yield ordered[0].fault(
                "phase_order",
                f"from {ordered[0].valid_from_date} the phases are not {', '.join(PHASES)}, in this order",
            )
        for phase in group:
            for column in ("above_band", "minimum_ladder_rung", "minimum_days"):
                is_read, is_told = column in PHASE_RULES.get(phase.phase_id, ()), bool(getattr(phase, column))
                if is_read and not is_told:
                    yield phase.fault(column, f"is blank, and {phase.phase_id} is judged by it")
                if is_told and not is_read:
                    yield phase.fault(column, f"is told, and {phase.phase_id} is not judged by it")
