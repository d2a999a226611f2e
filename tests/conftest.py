"""What concerns a run of the tests as a whole.

In continuous integration nothing may be skipped: what should have run and did not is a failure. And every call that any
test made to a sandbox is held to the vendor's document at the end; see `suite_calls`. So are the reasons for which a deal
may be held: each was raised by a story over HTTP; see `held_codes`.

Made-up examples are the same in every run, so that a commit fails for what it changed; `-m release` with
HYPOTHESIS_PROFILE=explore tries new ones.
"""

from __future__ import annotations

import compileall
import logging
import os
import shutil
import signal
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from xdist.workermanage import NodeManager

import held_codes
import sfspiris
import sooner
from playground import CALLS, serving
from shared import found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground import Served
    from suite_calls import Verdict

_BUSY = [HealthCheck.too_slow]  # measured by the clock, so also where other work on the machine is to blame
settings.register_profile(
    "steady", derandomize=True, database=None, deadline=None, suppress_health_check=_BUSY
)
settings.register_profile("explore", deadline=None, suppress_health_check=_BUSY)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

sooner.share()

MEMORY = Path("/dev/shm")  # noqa: S108 - folders of pytest's and of tempfile's own making
ENOUGH = 2 * 1024**3  # bytes; a run needs a third of that

_skipped: list[str] = []
_fuzzed: Counter[str] = Counter()
_folder: pytest.StashKey[tempfile.TemporaryDirectory[str]] = pytest.StashKey()
_held_folder: pytest.StashKey[tempfile.TemporaryDirectory[str]] = pytest.StashKey()
_verdict: pytest.StashKey[Verdict] = pytest.StashKey()
_held: pytest.StashKey[dict[str, set[str]]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Gather the calls of every sandbox; a worker of pytest-xdist has the folder from whom it works for."""
    if not hasattr(config, "workerinput"):
        _prepare()
        # A worker writes down what it has covered when it ends, which on a busy machine takes more than the usual ten seconds.
        NodeManager.EXIT_TIMEOUT = 120
        config.stash[_folder] = tempfile.TemporaryDirectory(prefix="sfspiris-calls-")
        os.environ[CALLS] = config.stash[_folder].name
        config.stash[_held_folder] = tempfile.TemporaryDirectory(prefix="sfspiris-held-")
        os.environ[held_codes.FOLDER] = config.stash[_held_folder].name


def _prepare() -> None:
    """Heed Ctrl-C, keep files in memory, and compile our package for the many processes that import it.

    A run of ours waits for the disk after each of its hundreds of commits, and no test cuts the power: what would be lost
    then is tested with what was written and synchronised, call by call.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a shell's background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH and "TMPDIR" not in os.environ:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None
    compileall.compile_dir(Path(sfspiris.__file__).parent, quiet=2)


@pytest.fixture(scope="session")
def common_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The one sandbox that modules share; each settles beside it with a folder of its own and starts it over."""
    with serving(tmp_path_factory.mktemp("common")) as served:
        yield served


def pytest_runtest_teardown() -> None:
    """Give our log lines back to whoever listens: a command that ran in this process sent them to its own stderr."""
    logger = logging.getLogger("sfspiris")
    logger.handlers = []
    logger.propagate = True
    logger.setLevel(logging.NOTSET)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)
    if report.when == "call":
        for name, value in report.user_properties:
            if name.startswith("Spiris: fuzz ") and isinstance(value, int):
                _fuzzed[name.removeprefix("Spiris: fuzz ")] += value


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _skipped and os.environ.get("CI") == "true":
        _fail(session)
    if _held_folder in session.config.stash:
        with session.config.stash[_held_folder] as folder:
            held = session.config.stash[_held] = held_codes.gathered(Path(folder))
        if _is_whole(session.config) and not all(held.values()):
            _fail(session)
    if _folder in session.config.stash:
        with session.config.stash[_folder] as folder:
            if found("specs/spiris-openapi.json") is None or not any(Path(folder).iterdir()):
                return
            from suite_calls import judged  # noqa: PLC0415 - only the end of a run needs the OpenAPI library

            verdict = session.config.stash[_verdict] = judged(Path(folder))
        if verdict.violations or verdict.failures or (_is_whole(session.config) and verdict.left_out):
            _fail(session)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skipped and os.environ.get("CI") == "true":
        terminalreporter.section("skipped, which is a failure here", red=True)
        for one in sorted(set(_skipped)):
            terminalreporter.line(one)
    held = terminalreporter.config.stash.get(_held, {})
    if _is_whole(terminalreporter.config) and any(held.values()):
        terminalreporter.section("hold codes, and how many stories raised each over HTTP")
        for line in held_codes.told(held):
            terminalreporter.line(line, red="no story" in line)
    verdict = terminalreporter.config.stash.get(_verdict, None)
    if verdict is not None and verdict.calls:
        terminalreporter.section("calls to the sandbox, held to the vendor's document")
        for line in verdict.told(_fuzzed, is_whole=_is_whole(terminalreporter.config)):
            terminalreporter.line(line)


def _fail(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_whole(config: pytest.Config) -> bool:
    """Whether all tests were asked for, so that what no test did is worth telling."""
    is_chosen = config.option.keyword or getattr(config.option, "lf", False) or config.option.maxfail
    return config.args_source == pytest.Config.ArgsSource.TESTPATHS and not is_chosen
