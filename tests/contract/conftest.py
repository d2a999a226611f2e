"""The Spiris simulator that its tests share; each starts over with the same world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spiris_sandbox import WORLD, Api, Sandbox, sandbox


@pytest.fixture(scope="module")
def running_office() -> Iterator[Sandbox]:
    with sandbox() as one:
        yield one


@pytest.fixture
def office(running_office: Sandbox) -> Sandbox:
    """The simulator, its control calls and its people, with an untouched world."""
    running_office.reset(WORLD)
    return running_office


@pytest.fixture
def api(office: Sandbox) -> Api:
    """A client signed in to the first company."""
    return office.sign_in()
