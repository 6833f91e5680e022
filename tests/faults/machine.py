"""Faults of the machine below a run: a full disk, a folder that cannot be written, little memory."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.conftest import ROOT, World

MEGABYTE = 1 << 20
CGROUPS = Path("/sys/fs/cgroup")


def run_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "dagster_project", *arguments]


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """A file system in memory of its own size; skips the test where none can be mounted."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"a file system can be mounted by root only: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def run_with_read_only(world: World, folder: Path) -> subprocess.CompletedProcess[str]:
    """A run that cannot write below a folder; root, whom permissions do not hold up, gets a mount of its own."""
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" || exit 200; exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount, str(folder), *run_command("run", "--force")],
        cwd=ROOT,
        env=world.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr or done.returncode == 200:
        pytest.skip(f"a folder can be mounted anew by root only: {done.stderr.strip()}")
    return done


class MemoryGroup:
    """A control group with a limit, for one run and its children."""

    def __init__(self, limit_bytes: int) -> None:
        is_old = (CGROUPS / "memory").exists()
        self.path = (CGROUPS / "memory" if is_old else CGROUPS) / f"bansou-test-{os.getpid()}"
        limit = "memory.limit_in_bytes" if is_old else "memory.max"
        try:
            self.path.mkdir()
            (self.path / limit).write_text(str(limit_bytes))
        except OSError as error:
            with suppress(OSError):
                self.path.rmdir()
            pytest.skip(f"no control group for memory can be made here: {error}")

    def run(self, world: World, *arguments: str) -> tuple[int, str, int]:
        """Exit code, standard error, and the most memory that the processes held at once, counted page by page."""
        join = f'echo $$ > {self.path / "cgroup.procs"} && exec "$@"'
        process = subprocess.Popen(
            ["sh", "-c", join, "sh", *run_command(*arguments)],
            cwd=ROOT,
            env=world.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        peak, has_ended = [0], threading.Event()
        watcher = threading.Thread(target=self._watch, args=(peak, has_ended))
        watcher.start()
        _, errors = process.communicate()
        has_ended.set()
        watcher.join()
        return process.returncode, errors, peak[0]

    def remove(self) -> None:
        time.sleep(0.2)  # the kernel takes a moment to see that it is empty
        self.path.rmdir()

    def _watch(self, peak: list[int], has_ended: threading.Event) -> None:
        while not has_ended.wait(0.1):
            pids = (self.path / "cgroup.procs").read_text().split()
            peak[0] = max(peak[0], sum(_resident_bytes(pid) for pid in pids))


def _resident_bytes(pid: str) -> int:
    """Memory of a process; pages that it shares with others count by halves, thirds and so on."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
