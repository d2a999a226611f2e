"""The Salesforce simulator that its tests share; each starts over with the same world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from salesforce_box import WORLD, Api, Box, box


@pytest.fixture(scope="module")
def served() -> Iterator[Box]:
    with box() as running:
        yield running


@pytest.fixture
def org(served: Box) -> Box:
    served.reset(WORLD)
    return served


@pytest.fixture
def api(org: Box) -> Api:
    return org.api()
