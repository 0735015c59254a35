"""A Procfile's processes: started again when they end, stopped when we leave."""

import os
import signal
from pathlib import Path

import pytest

from ekyam import processes
from ekyam.children import wait_until
from ekyam.processes import CannotRun, Processes, read_procfile


def test_it_reads_a_procfile(tmp_path: Path) -> None:
    file = tmp_path / "Procfile"
    file.write_text("# all of them\nweb: serve --port $PORT\n\nworker:work a:b\n")
    assert read_procfile(file) == {"web": "serve --port $PORT", "worker": "work a:b"}
    assert read_procfile(tmp_path / "none") == {}


def test_it_starts_again_what_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STEADY_SECONDS", 0.0)
    pids = tmp_path / "pids"
    with Processes(tmp_path / "log", {**os.environ, "OUT": str(pids)}) as running:
        running.start({"one": "sh -c 'echo $$ >> $OUT; sleep 600'"})
        wait_until(lambda: pids.exists() and pids.read_text() != "", seconds=10, what="A start")
        first = int(pids.read_text())
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: running.check() == ["one"], seconds=10, what="Noticing the end")
        wait_until(lambda: len(pids.read_text().split()) == 2, seconds=10, what="A second start")
        second = int(pids.read_text().split()[1])
    assert not Path(f"/proc/{second}").exists()


def test_it_gives_up_on_what_cannot_start(tmp_path: Path) -> None:
    with Processes(tmp_path, os.environ) as running:
        running.start({"bad": "sh -c 'echo the reason; exit 3'"})
        with pytest.raises(CannotRun, match="the reason"):
            wait_until(lambda: bool(running.check()), seconds=1.9, what="Noticing the end")
