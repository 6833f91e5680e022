"""The second half of `docs/definitions.md`: figures, measures and terms, as the seeds and the marts' YAML say them."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dagster_project.contract_docs import with_glossary
from dagster_project.settings import DBT_PROJECT_DIR, PROJECT_ROOT

DOCS_PATH = PROJECT_ROOT / "docs" / "definitions.md"
MARKER = "<!-- From here on written by `make definitions`: edit the seeds and the marts' YAML, not this page. -->"
BETTER = {"up": "higher", "down": "lower", "middle": "in the middle"}
AREA_TITLES = {
    "onboarding": "Onboarding and the ladder · オンボーディングと機能の階段",
    "statistics": "Survival and intervals · 生存時間と区間推定",
    "contracts": "Contracts and revenue · 契約と収益",
    "kpis": "Key figures · 重要指標",
    "support": "Support · サポート",
    "scores": "Scores · スコア",
    "maturity": "Maturity · 成熟度",
    "success": "Success plans · サクセスプラン",
    "signals": "Signals, phases, renewal review · シグナル・支援フェーズ・更新レビュー",
    "usage": "Use · 利用",
    "core": "Customers, people, days · 顧客・人・日",
    "identity": "Identity · 名寄せ",
    "quality": "Quality of the data · データ品質",
}


def write_definitions() -> Path:
    """Write what follows the marker anew; the page's path."""
    DOCS_PATH.write_text(definitions(DOCS_PATH.read_text(encoding="utf-8")), encoding="utf-8")
    return DOCS_PATH


def definitions(page: str) -> str:
    """The page with the part after its marker made anew.

    Raises:
        ValueError: the page has no marker.
    """
    told, marker, _ = page.partition(MARKER)
    if not marker:
        raise ValueError(f"{DOCS_PATH} has no line {MARKER}")
    parts = [_key_figures(), _measures(), _signals(), *_marts()]
    return told + MARKER + "\n\n" + "\n".join(parts)


def _key_figures() -> str:
    rows = [
        [
            *(f"`{row['kpi_id']}`", row["name_english"], row["name_japanese"], row["meaning_english"]),
            *(BETTER[row["direction"]], row["article"]),
        ]
        for row in _seed("kpi_definitions")
    ]
    columns = ["id", "figure", "日本語", "meaning", "better", "article"]
    return "## The key figures\n\n" + _table(columns, rows)


def _measures() -> str:
    rows = [
        [
            *(f"`{row['measure_id']}`", row["name_english"], row["name_japanese"], row["meaning_english"]),
            *(row["unit"], BETTER[row["direction"]], row["article"]),
        ]
        for row in _seed("health_measures")
    ]
    columns = ["id", "measure", "日本語", "meaning", "unit", "better", "article"]
    return "## The measures\n\n" + _table(columns, rows)


def _signals() -> str:
    rows = [
        [
            *(f"`{row['signal_id']}`", row["segment"], row["name_english"], row["name_japanese"]),
            *(row["meaning_english"], row["signal_kind"], row["theme"], row["article"]),
        ]
        for row in _seed("signals")
    ]
    columns = ["id", "segment", "signal", "日本語", "meaning", "kind", "theme", "article"]
    return "## The signals\n\n" + _table(columns, rows)


def _marts() -> Iterator[str]:
    import yaml  # noqa: PLC0415 - only this page needs it

    folder = DBT_PROJECT_DIR / "models" / "marts"
    for area, title in AREA_TITLES.items():
        yield f"## {title}\n"
        for path in sorted((folder / area).glob("*.yml")):
            told = yaml.safe_load(path.read_text(encoding="utf-8"))
            computed = [table for source in told.get("sources", []) for table in source["tables"]]
            for mart in told.get("models", []) + computed:
                yield _mart(mart)


def _mart(model: Mapping[str, Any]) -> str:
    terms = [
        [f"`{column['name']}`", with_glossary(column["description"]), meta["japanese"], str(meta.get("article", ""))]
        for column in model["columns"]
        if "japanese" in (meta := column.get("config", {}).get("meta", {}))
    ]
    told = f"**`{model['name']}`**: {with_glossary(model['description'])}\n"
    return told + ("\n" + _table(["term", "meaning", "日本語", "article"], terms) if terms else "")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def _seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT_DIR / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
