"""One sandbox for a module's stories; each story starts over with the demo world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from playground import Playground, sandbox_up

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with sandbox_up(tmp_path_factory.mktemp("playground")) as playground:
        yield playground


@pytest.fixture
def demo(running: Playground) -> Playground:
    """A signed-in playground with an untouched demo world and no memory."""
    running.reset("demo")
    running.forget_calls()
    return running
