"""Which actions of a plan may be under way at the same time.

An action waits for the one before it that concerns the same customer, for the one before it of the same Deal, and, if it
makes a document, for the articles that its rows need and that this plan makes. What is free goes in the order of the plan,
so that one at a time is exactly that order, and one customer's documents are made in it however many go at once.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, assert_never

from sfspiris.core.actions import (
    Adopt,
    CreateArticle,
    CreateCustomer,
    CreateDraft,
    DeleteDraft,
    ExistingCustomer,
    UpdateCustomer,
    UpdateDraft,
    article_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LedgerAction = (
    CreateCustomer | CreateArticle | UpdateCustomer | CreateDraft | UpdateDraft | DeleteDraft | Adopt
)
"""What is done to a ledger, or, with `Adopt`, remembered of it."""


class Lanes:
    """Hands out the numbers of actions, each once, when those that it waits for are done."""

    def __init__(self, actions: Sequence[LedgerAction]) -> None:
        self._missing: list[int] = []  # by number: how many it still waits for
        self._followers: list[list[int]] = [[] for _ in actions]
        self._free: list[int] = []
        latest: dict[tuple[str, ...], int] = {}
        for number, action in enumerate(actions):
            earlier = {latest[one] for one in (*_topics(action), *_needs(action)) if one in latest}
            for one in earlier:
                self._followers[one].append(number)
            self._missing.append(len(earlier))
            if not earlier:
                self._free.append(number)
            latest.update(dict.fromkeys(_topics(action), number))
        heapq.heapify(self._free)

    def next(self) -> int | None:
        """The first number that may begin; None when nothing may, or nothing is left."""
        return heapq.heappop(self._free) if self._free else None

    def done(self, number: int) -> None:
        """The action of that number is over, however it ended."""
        for one in self._followers[number]:
            self._missing[one] -= 1
            if not self._missing[one]:
                heapq.heappush(self._free, one)


def _topics(action: LedgerAction) -> Iterator[tuple[str, ...]]:
    """What the action is about; two that share a topic go one after the other."""
    match action:
        case CreateArticle():
            yield "article", action.company, action.key
            return
        case CreateCustomer():
            yield "new", action.company, action.key
        case UpdateCustomer() | DeleteDraft() | Adopt():
            yield "customer", action.company, action.customer_id
        case CreateDraft() | UpdateDraft():
            match action.customer:
                case ExistingCustomer(id=found):
                    yield "customer", action.company, found
                case new:
                    yield "new", action.company, new.key
        case _:
            assert_never(action)
    yield "deal", action.company, action.deal_id


def _needs(action: LedgerAction) -> Iterator[tuple[str, ...]]:
    """What must be there before it, without being what it is about."""
    if isinstance(action, CreateDraft | UpdateDraft):
        for row in action.draft.rows:
            if not row.is_text and row.article_id is None:
                yield "article", action.company, article_key(row.article_number)
