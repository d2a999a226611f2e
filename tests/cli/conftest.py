"""A folder and a home for a module's stories; each story starts over with the demo world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from faultproxy import Between, between
from playground import Playground, settled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground import Served


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, common_sandbox: Served) -> Playground:
    return settled(tmp_path_factory.mktemp("playground"), common_sandbox)


@pytest.fixture
def demo(running: Playground) -> Playground:
    """A signed-in playground with an untouched demo world and no memory."""
    running.reset("demo")
    running.forget_calls()
    return running


@pytest.fixture(scope="module")
def line(running: Playground) -> Iterator[Between]:
    with between(running) as found:
        yield found


@pytest.fixture
def wire(line: Between) -> Between:
    """As `demo`, with every call going through proxies that can keep an answer back."""
    line.start_over()
    return line
