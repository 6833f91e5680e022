"""Who may read what: data that is not published, secrets of the configuration, pages that are served."""

import re
import stat
from pathlib import Path
from typing import Any

import pytest

from dagster_project.failed_candidate import harmless
from tests.conftest import ROOT, World

CANARY = "c4nary-7f3a9b"


def test_what_is_not_published_is_for_its_owner_alone(tiny_world: World) -> None:
    for folder in ("build", "landing", "facts", "dagster"):
        assert stat.S_IMODE((tiny_world.home / folder).stat().st_mode) == 0o700, folder
    for path in ((tiny_world.published / "current").resolve(), tiny_world.published):
        assert stat.S_IMODE(path.stat().st_mode) & 0o055 == 0o055, path


def test_pages_are_served_to_this_machine_alone() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "Makefile", *(ROOT / "examples").rglob("*"))
             if path.is_file()}  # fmt: skip
    served = [(path, line) for path, text in texts.items() for line in text.splitlines() if "dagster dev" in line
              or ("dagster-webserver" in line and "=" in line)]  # fmt: skip
    assert served
    for path, line in served:
        assert "-h 127.0.0.1" in line, f"{path}: {line}"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_cell_that_a_spreadsheet_would_run_is_made_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["a=1", "株式会社", "", 5, None])
def test_other_cells_stay_as_they_are(cell: Any) -> None:
    assert harmless(cell) == cell


def test_no_secret_of_the_configuration_is_written_anywhere(tiny_world: World, tmp_path: Path) -> None:
    """After a run that warns, one that fails and a configuration that is wrong."""
    copy = tiny_world.copy(tmp_path / "home")
    config = tmp_path / "bansou.toml"
    told = """
[notifications]
webhooks = ["${BANSOU_CANARY_URL}"]
slack_webhooks = ["${BANSOU_CANARY_URL}"]

[notifications.email]
smtp_host = "127.0.0.1"
smtp_port = 1
sender = "bansou@example.org"
recipients = ["a@example.org"]
user = "${BANSOU_CANARY}"
password = "${BANSOU_CANARY}"
"""
    config.write_text(tiny_world.config.read_text(encoding="utf-8") + told, encoding="utf-8")
    world = World(copy.home, config)
    said = ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BANSOU_CANARY", CANARY)
        patch.setenv("BANSOU_CANARY_URL", f"http://127.0.0.1:1/{CANARY}?key={CANARY}")
        (world.home / "demo" / "crm" / "contacts" / "more.csv").write_text("")
        done = world.run("run")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "could not be told" in done.stderr
        said += done.stdout + done.stderr
        config.write_text(config.read_text(encoding="utf-8") + "unknown = 1\n", encoding="utf-8")
        wrong = world.run("run")
        assert wrong.returncode == 2
        said += wrong.stdout + wrong.stderr
    assert CANARY not in said
    holding = [path for path in world.home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert holding == []


def test_names_that_become_part_of_sql_are_identifiers(tiny_config: Path) -> None:
    """A source's name becomes part of paths and texts; whatever could end a name there is refused."""
    from dagster_project.settings import SettingsError, load_settings  # noqa: PLC0415

    text = tiny_config.read_text(encoding="utf-8")
    for name in ('"crm; drop table x"', '"crm\'--"', '"../crm"', '"CRM"'):
        config = tiny_config.with_name("named.toml")
        config.write_text(re.sub(r"\[sources\.crm(?=[\].])", f"[sources.{name}", text), encoding="utf-8")
        with pytest.raises(SettingsError):
            load_settings({"BANSOU_CONFIG": str(config)})
