"""How much memory DuckDB may take, where the processes of a run have a limit together."""

from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
# The other three quarters are for Python, dbt, Dagster and what DuckDB does not count.
SHARE_OF_LIMIT = 0.25
# Where there is none, kernels write a number as large as this or larger.
NO_LIMIT_BYTES = 1 << 50


def memory_limit() -> str:
    """DuckDB's setting `memory_limit`: a quarter of the control group's limit, or else its own measure."""
    limit = min(_limits(), default=NO_LIMIT_BYTES)
    return f"{int(limit * SHARE_OF_LIMIT) >> 20}MiB" if limit < NO_LIMIT_BYTES else "80%"


def _limits() -> list[int]:
    """Limits in bytes of the groups that this process is in, of both versions of control groups."""
    found = []
    for line in _text(Path("/proc/self/cgroup")).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            files = [CGROUPS / path.lstrip("/") / "memory.max", CGROUPS / "memory.max"]
        elif controllers == "memory":
            files = [CGROUPS / "memory" / place / "memory.limit_in_bytes" for place in (path.lstrip("/"), "")]
        else:
            files = []
        found += [int(text) for file in files if (text := _text(file).strip()).isdigit()]
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
