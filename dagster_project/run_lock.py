"""One run at a time: two would each see half of the other's work."""

from functools import cache

from filelock import FileLock, Timeout

from dagster_project.settings import Settings, SettingsError


def hold_run_lock(settings: Settings) -> None:
    """Keep every other process from running on this data folder, until this one ends, however it ends.

    Raises:
        SettingsError: another process holds the lock.
    """
    path = settings.home / "build" / "run.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _lock(str(path)).acquire(timeout=0)
    except Timeout:
        raise SettingsError(
            f"Another run is at work on {settings.home} and holds {path}. Wait for it, or stop it."
        ) from None


@cache
def _lock(path: str) -> FileLock:
    return FileLock(path)
