"""Readers of the published set that are not ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import World

OLD_DUCKDB = os.environ.get("BANSOU_OLD_DUCKDB")


@pytest.mark.skipif(OLD_DUCKDB is None, reason="BANSOU_OLD_DUCKDB names no folder with duckdb 1.5.5 installed")
def test_published_file_opens_in_an_older_duckdb(tiny_world: World) -> None:
    code = (
        "import duckdb, sys; assert duckdb.__version__ == '1.5.5', duckdb.__version__; "
        "c = duckdb.connect(sys.argv[1], read_only=True); "
        "print(c.execute('select count(*) from fct_health_scores').fetchone()[0], "
        "c.execute('select count(*) from dim_accounts').fetchone()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tiny_world.published / "marts.duckdb")],
        env=os.environ | {"PYTHONPATH": str(Path(OLD_DUCKDB or "").absolute())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    scores, accounts = (int(word) for word in done.stdout.split())
    assert scores == len(tiny_world.table_contents("fct_health_scores"))
    assert accounts == len(tiny_world.table_contents("dim_accounts"))
