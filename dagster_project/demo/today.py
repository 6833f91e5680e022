"""Which day it is in the demo world; apart from the generator, so that asking costs no import of it."""

import json
from datetime import date
from pathlib import Path

TODAY_FILE = "today.json"


def demo_today(folder: Path) -> date | None:
    """The last day that the exports in `folder` know; null where there is no world yet."""
    noted = read_state(folder)
    return date.fromisoformat(noted["today"]) if noted else None


def read_state(folder: Path) -> dict[str, str] | None:
    """`today` and the description of the `world` that the folder holds; null where it holds none."""
    path = folder / TODAY_FILE
    if not path.exists():
        return None
    noted: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return noted


def note_state(folder: Path, today: date, world: str) -> None:
    """Note the day and the world, in one step."""
    waiting = folder / f".{TODAY_FILE}"
    waiting.write_text(json.dumps({"today": today.isoformat(), "world": world}), encoding="utf-8")
    waiting.replace(folder / TODAY_FILE)
