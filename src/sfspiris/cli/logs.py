"""Log lines on stderr: for people or as JSON, each with its run's id; never secrets, bodies or personal numbers."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sfspiris.cli.options import Common

if TYPE_CHECKING:
    from sfspiris.errors import SfspirisError

_EXTRAS: Final = ("company", "deal", "correlation_id", "code", "remedy")
_LEVELS: Final = (logging.WARNING, logging.INFO, logging.DEBUG)


def start(common: Common, run_id: str) -> None:
    """Send our own log lines, and nobody else's, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(run_id) if common.log_format == "json" else _Text(run_id))
    logger = logging.getLogger("sfspiris")
    logger.handlers = [handler]
    logger.propagate = False
    loudness = min(common.verbose, len(_LEVELS) - 1)
    if common.log_format == "json":
        loudness = max(loudness, 1)
    quiet = common.quiet and common.verbose == 0
    logger.setLevel(logging.ERROR if quiet else _LEVELS[loudness])


def failure(error: SfspirisError) -> None:
    """Log why a command failed, as JSON; with the run's id, or a new one when it failed before it had any."""
    logger = logging.getLogger("sfspiris")
    if not any(isinstance(one.formatter, _Json) for one in logger.handlers):
        from sfspiris.cli.machine import new_run_id, utc_now

        start(Common(log_format="json"), new_run_id(utc_now()))
    logger.error(error.message, extra={"code": error.code, "remedy": error.remedy})


def _facts(record: logging.LogRecord) -> dict[str, str]:
    return {name: str(value) for name in _EXTRAS if (value := getattr(record, name, None))}


def _when(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, tz=UTC)


class _Text(logging.Formatter):
    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id

    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        line = f"{_when(record):%H:%M:%S}Z {record.levelname.lower():7} {self._run_id} {record.getMessage()} {facts}"
        return "".join(one if one.isprintable() else " " for one in line).rstrip()


class _Json(logging.Formatter):
    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": f"{_when(record):%Y-%m-%dT%H:%M:%S.%f}Z",
            "level": record.levelname.lower(),
            "run_id": self._run_id,
            "logger": record.name,
            "message": record.getMessage(),
            **_facts(record),
        }
        return json.dumps(line, ensure_ascii=False)
