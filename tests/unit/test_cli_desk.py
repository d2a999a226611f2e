"""What opening the configuration and the sign-ins does by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sfspiris.cli.desk import _print_of
from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_configuration_that_is_gone_when_it_is_to_be_named_in_the_history_is_told(tmp_path: Path) -> None:
    """It was read a moment before; a disk may fail in between."""
    with pytest.raises(ConfigError, match="cannot be read"):
        _print_of(tmp_path / "sfspiris.toml")
