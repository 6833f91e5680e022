"""Which code made a figure: a fingerprint of the files, because a checkout need not be a clean commit."""

import hashlib
from pathlib import Path

from dagster_project.settings import DBT_PROJECT_DIR, EXPECTATIONS_DIR, PROJECT_ROOT

READ_SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".csv", ".json", ".md"}


def fingerprint_of(*folders: Path) -> str:
    """Twelve hexadecimal digits over names and contents of the folders' source files."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in READ_SUFFIXES and "target" not in path.parts and path.is_file():
                digest.update(str(path.relative_to(folder)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def code_version() -> str:
    """Fingerprint of everything that decides what a mart holds."""
    return fingerprint_of(PROJECT_ROOT / "dagster_project", DBT_PROJECT_DIR, EXPECTATIONS_DIR)


def models_version() -> str:
    """Fingerprint of what turns input into figures, the seeds apart."""
    return fingerprint_of(DBT_PROJECT_DIR / "models", DBT_PROJECT_DIR / "macros")
