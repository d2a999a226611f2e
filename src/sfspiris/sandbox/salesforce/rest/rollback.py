"""All or nothing: leaving a transaction without keeping what it wrote."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sfspiris.sandbox.salesforce.rest.dispatch import Api


class _Undo(Exception):
    """Thrown through a transaction to undo it; never leaves `undone_if`."""


@contextmanager
def undone_if(api: Api, is_to_be_undone: Callable[[], bool]) -> Iterator[None]:
    """A transaction that is undone when, at its end, the question is answered with yes."""
    try:
        with api.records.transaction():
            yield
            _undo_if(is_to_be_undone())
    except _Undo:
        api.org.refresh()


def _undo_if(undo: bool) -> None:
    if undo:
        raise _Undo
