"""What people decided about held Deals, and about documents without a Deal: who, when, and in which words.

Rows are added, never changed or removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa

from sfspiris.state.schema import review_reasons, reviews

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sfspiris.state.database import Database


class ReviewEvent(StrEnum):
    """What happened to a held Deal."""

    ASSIGNED = "assigned"  # `words` says to whom
    RESOLVED = "resolved"  # a person settled it; `words` is the note
    REOPENED = "reopened"  # its reason changed or went away, or it was asked for again
    ACCEPTED = "accepted"  # a document needs no Deal; `words` is the note
    UNACCEPTED = "unaccepted"  # it needs one after all; `words` is the note


@dataclass(frozen=True, slots=True)
class Review:
    """One decision. `at` is UTC; `who` is the person's login name, or the run that found the reason changed.

    A document stands in place of the Deal as `company:id`, with `reason`, the print of what it said then.
    """

    deal_id: str
    event: ReviewEvent
    at: datetime
    who: str
    words: str | None = None
    reason: str | None = None


class Reviews:
    """The decisions, and why each waiting Deal was last found to wait."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remember_reasons(self, found: Mapping[str, str | None]) -> None:
        """Keep the print of each Deal's reasons; None forgets it. Deals that are not in `found` stay as they are."""
        if not found:
            return
        rows = [
            {"deal_id": deal_id, "reason": reason} for deal_id, reason in found.items() if reason is not None
        ]
        gone = review_reasons.delete().where(review_reasons.c.deal_id == sa.bindparam("gone"))
        with self._database.writing() as connection:
            connection.execute(gone, [{"gone": deal_id} for deal_id in found])
            if rows:
                connection.execute(review_reasons.insert(), rows)

    def reason(self, deal_id: str) -> str | None:
        """The print of why the Deal was last found to wait."""
        wanted = sa.select(review_reasons.c.reason).where(review_reasons.c.deal_id == deal_id)
        with self._database.reading() as connection:
            return connection.execute(wanted).scalar()

    def resolve(self, deal_id: str, *, reason: str, at: datetime, who: str, note: str) -> Review:
        """A person settled the Deal; it comes back when its reasons have another print than `reason`."""
        return self._add(Review(deal_id, ReviewEvent.RESOLVED, at, who, note), reason)

    def assign(self, deal_id: str, *, to: str, at: datetime, who: str) -> Review:
        """Somebody takes care of the Deal."""
        return self._add(Review(deal_id, ReviewEvent.ASSIGNED, at, who, to))

    def reopen(self, deal_ids: Iterable[str], *, at: datetime, who: str) -> None:
        """What was resolved is so no more."""
        for deal_id in deal_ids:
            self._add(Review(deal_id, ReviewEvent.REOPENED, at, who))

    def accept(self, document: str, *, content: str, at: datetime, who: str, note: str) -> Review:
        """A person accepted a document (`company:id`) without a Deal, for as long as it has this print."""
        return self._add(Review(document, ReviewEvent.ACCEPTED, at, who, note), content)

    def unaccept(self, document: str, *, at: datetime, who: str, note: str) -> Review:
        """A person took that word back."""
        return self._add(Review(document, ReviewEvent.UNACCEPTED, at, who, note))

    def accepted(self) -> dict[str, Review]:
        """The documents that are accepted now, each with the latest word about it."""
        found: dict[str, Review] = {}
        wanted = (
            sa.select(reviews)
            .where(reviews.c.event.in_((ReviewEvent.ACCEPTED, ReviewEvent.UNACCEPTED)))
            .order_by(reviews.c.id)
        )
        with self._database.reading() as connection:
            for row in connection.execute(wanted):
                if row.event == ReviewEvent.ACCEPTED:
                    found[row.deal_id] = Review(
                        row.deal_id, ReviewEvent.ACCEPTED, row.at, row.who, row.words, row.reason
                    )
                else:
                    found.pop(row.deal_id, None)
        return found

    def resolved(self) -> dict[str, str]:
        """The Deals that are resolved now, each with the print of the reasons that were settled."""
        settled: dict[str, str] = {}
        wanted = (
            sa.select(reviews)
            .where(reviews.c.event.in_((ReviewEvent.RESOLVED, ReviewEvent.REOPENED)))
            .order_by(reviews.c.id)
        )
        with self._database.reading() as connection:
            for row in connection.execute(wanted):
                if row.event == ReviewEvent.RESOLVED:
                    settled[row.deal_id] = row.reason
                else:
                    settled.pop(row.deal_id, None)
        return settled

    def assignees(self) -> dict[str, str]:
        """Who takes care of each Deal that somebody was assigned."""
        wanted = sa.select(reviews).where(reviews.c.event == ReviewEvent.ASSIGNED).order_by(reviews.c.id)
        with self._database.reading() as connection:
            return {row.deal_id: row.words for row in connection.execute(wanted)}

    def history(self, deal_id: str) -> tuple[Review, ...]:
        """Every decision about the Deal, oldest first."""
        wanted = sa.select(reviews).where(reviews.c.deal_id == deal_id).order_by(reviews.c.id)
        with self._database.reading() as connection:
            return tuple(
                Review(row.deal_id, ReviewEvent(row.event), row.at, row.who, row.words)
                for row in connection.execute(wanted)
            )

    def _add(self, made: Review, reason: str | None = None) -> Review:
        row = {
            "deal_id": made.deal_id,
            "event": made.event,
            "at": made.at,
            "who": made.who,
            "words": made.words,
            "reason": reason,
        }
        with self._database.writing() as connection:
            connection.execute(reviews.insert().values(row))
        return made
