"""How older state files become today's: numbered steps, each run once, never edited after a release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from datetime import datetime

    import sqlalchemy as sa


def upgrade(connection: sa.Connection, *, state_id: str, created_at: datetime, app: str) -> None:
    """Take every step that is missing, inside the caller's transaction: all of them or none.

    The first step needs the facts of the state that it makes; in a state that exists they mean nothing.
    """
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["birth"] = {"state_id": state_id, "created_at": created_at, "app": app}
    command.upgrade(config, "head")


def revisions() -> tuple[str, ...]:
    """The numbers of all steps that this version knows, newest first."""
    return tuple(step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
