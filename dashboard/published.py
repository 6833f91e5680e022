"""The published set as the dashboard reads it: one whole set by its real path, and the next one once it is there."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import streamlit as st

from dagster_project.settings import load_settings

LOOK_EVERY_SECONDS = 5
KEPT_RESULTS = 200


@dataclass(frozen=True)
class PublishedSet:
    """What was published last. `path` is the file of this very set, so that every answer comes from one publish."""

    publish_id: str
    as_of_date: date
    published_at: str
    path: str


def published_set() -> PublishedSet | None:
    """The set that readers are pointed to now; none before the first publish."""
    file = load_settings().published_dir / "marts.duckdb"
    if not file.exists():
        return None
    path = file.resolve()
    manifest = json.loads((path.parent / "manifest.json").read_text(encoding="utf-8"))
    return PublishedSet(
        manifest["publish_id"], date.fromisoformat(manifest["as_of_date"]), manifest["published_at"], str(path)
    )


def rows(query: str, *parameters: Any) -> pd.DataFrame:
    """Answer of the set that this page shows; kept, because a set never changes."""
    return _rows(shown().path, query, parameters)


def shown() -> PublishedSet:
    """The set that this page shows, from its first line to its last."""
    found: PublishedSet = st.session_state["published_set"]
    return found


def follow(publish_id: str | None) -> None:
    """Show the page anew once another set than this one is published."""

    @st.fragment(run_every=LOOK_EVERY_SECONDS)
    def look() -> None:
        now = published_set()
        if now is not None and now.publish_id != publish_id:
            st.rerun()

    look()


@st.cache_data(max_entries=KEPT_RESULTS, show_spinner=False)
def _rows(path: str, query: str, parameters: tuple[Any, ...]) -> pd.DataFrame:
    with duckdb.connect(Path(path), read_only=True) as connection:
        return connection.execute(query, parameters).df()
