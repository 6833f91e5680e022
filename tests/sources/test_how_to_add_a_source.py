"""The page on adding a source, followed word for word: its files are written, and the invented vendor is pulled."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.conftest import ROOT
from tests.sources.vendor_server import serving

PAGE = ROOT / "docs" / "how_to_add_a_source.md"
FILE = re.compile(r"^`(?P<path>[^`\n]+)`\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
KEY = "key of an account"
ANSWERS = [
    {
        "id": number,
        "kind": "nps",
        "customer": {"number": "A1"},
        "score": number if number != 4 else "nine",
        "words": "ありがとう",
        "created": f"2026-06-0{number}T08:00:00Z",
        "changed": f"2026-06-0{number}T08:00:00Z",
    }
    for number in range(1, 6)
]


async def answers(request: Request) -> Response:
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        return JSONResponse({"error": "who are you"}, 401)
    page, since = int(request.query_params["page"]), request.query_params["changed_since"]
    found = [answer for answer in ANSWERS if str(answer["changed"]) >= since]
    return JSONResponse({"answers": found[2 * page - 2 : 2 * page], "last_page": -(-len(found) // 2)})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project with the page's files in it."""
    copy = tmp_path / "project"
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    told = {match["path"]: match["text"] for match in FILE.finditer(PAGE.read_text(encoding="utf-8"))}
    assert len(told) == 5
    for name, text in told.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(text, encoding="utf-8")
    return copy


def test_vendor_is_pulled_when_the_page_is_followed(project: Path, tmp_path: Path) -> None:
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "accounts.csv").write_text("account_id,account_name\nA1,One\n")
    with serving(Starlette(routes=[Route("/answers", answers)])) as address:
        environment = os.environ | {
            "BANSOU_HOME": str(tmp_path / "home"),
            "BANSOU_CONFIG": str(project / "bansou.toml"),
            "CRM_FOLDER": str(tmp_path / "crm"),
            "KOE_URL": address,
            "KOE_KEY": KEY,
            "PYTHONPATH": str(project),
        }
        done = subprocess.run(
            [sys.executable, "-m", "dagster_project", "run"],
            cwd=project, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(tmp_path / "home" / "build" / "warehouse.duckdb", read_only=True) as connection:
        found = connection.execute(
            "select answer_id, account_id, answer_score, comment_text, source_name from input.input_survey_answers "
            "order by answer_id"
        ).fetchall()
        rejected = connection.execute("select column_name, value from raw.rejected_rows").fetchall()
    assert found == [(str(number), "A1", number, "ありがとう", "survey") for number in (1, 2, 3, 5)]
    assert rejected == [("answer_score", "nine")]


def test_linters_have_no_complaint_about_the_pages_module(project: Path) -> None:
    for command in (["ruff", "check"], ["ruff", "format", "--check"]):
        done = subprocess.run(
            [str(Path(sys.executable).with_name(command[0])), *command[1:], "dagster_project/sources/koe.py"],
            cwd=project, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
