"""A plan while it is being made: what has been decided so far, and what the CRM will be told about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sfspiris.core.actions import CreateArticle, Plan, WriteDeal
from sfspiris.core.holds import for_sales
from sfspiris.core.identity import FIRST_REVISION, content_hash, correlation_id
from sfspiris.core.model import DealStatus, SyncState
from sfspiris.core.review import reason_print

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sfspiris.core.actions import Action
    from sfspiris.core.holds import Hold, Warn
    from sfspiris.core.model import CustomerBase, Deal, NewArticle
    from sfspiris.core.planning.departed import Departed
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.policy import Policy


@dataclass(slots=True)
class UnfinishedPlan:
    """Collects what is decided about one Deal after the other; `limit` bounds how many of them get a document.

    `resolved` are, by Deal id, the prints of the reasons to wait that a person has settled.
    """

    policy: Policy
    limit: int | None
    resolved: Mapping[str, str] = field(default_factory=dict)
    actions: list[Action] = field(default_factory=list)
    write_backs: list[WriteDeal] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    warnings: list[Warn] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    out_of_scope: list[str] = field(default_factory=list)
    new_articles: set[tuple[str, str]] = field(default_factory=set)
    drafts: int = 0
    beyond_limit: int = 0

    def finished(self, *, remembered: Sequence[CustomerBase]) -> Plan:
        """The plan; what tells the CRM comes after what it tells about."""
        return Plan(
            (*self.actions, *self.write_backs),
            tuple(self.holds),
            tuple(self.warnings),
            tuple(self.unchanged),
            tuple(remembered),
            tuple(self.out_of_scope),
            self.beyond_limit,
        )

    def is_over_limit(self) -> bool:
        """Whether this Deal is beyond the number that was asked for; else it counts."""
        if self.limit is not None and self.drafts >= self.limit:
            self.beyond_limit += 1
            return True
        self.drafts += 1
        return False

    def add_articles(
        self, company: str, articles: Sequence[NewArticle], deal: Deal, correlation: str
    ) -> None:
        """Plan each article once, before the first draft that needs it."""
        for article in articles:
            action = CreateArticle(company, deal.id, correlation, article)
            if (company, action.key) not in self.new_articles:
                self.new_articles.add((company, action.key))
                self.actions.append(action)

    # --- what the CRM is told --------------------------------------------------------------------------------------

    def hold(
        self,
        deal: Deal,
        found: Findings,
        *,
        keep: SyncState | None = None,
        correlation: str | None = None,
        is_told: bool = True,
    ) -> None:
        """Leave the Deal to a person, for what was found, and tell the CRM so; with `keep` the rest of what it says stays.

        Of a Deal that a person has settled for exactly these reasons the CRM says no more that it waits.
        """
        self.holds += found.holds
        self.warnings += found.warnings
        if not is_told:
            return
        if self._is_resolved(deal, found):
            self.tell(deal, replace(keep or _cleared(deal.sync), code=None, message=None), None, correlation)
            return
        first = found.holds[0]
        tag = self.policy.org_tag
        correlation = correlation or correlation_id(tag, first.company or "", deal.id, FIRST_REVISION)
        told = replace(
            keep
            or SyncState(
                status=DealStatus.HELD,
                company=first.company,
                correlation_id=correlation,
                draft_id=deal.sync.draft_id,
                invoice_number=deal.sync.invoice_number,
            ),
            code=first.code,
            message=for_sales(found.holds, self.policy.spoken),
        )
        self.tell(deal, told, first.company, correlation)

    def _is_resolved(self, deal: Deal, found: Findings) -> bool:
        settled = self.resolved.get(deal.id)
        if settled is None or deal.retry:
            return False
        return reason_print(found.holds, content_hash(deal)) == settled

    def forget(self, gone: Departed) -> None:
        """Take back from the CRM that a Deal without a document waits, since it is not won any more.

        One in the recycle bin cannot be written to.
        """
        if gone.sync.status == DealStatus.HELD and not gone.is_deleted:
            self.write_back(gone.deal_id, gone.sync, _cleared(gone.sync), None, None)

    def tell(self, deal: Deal, told: SyncState, company: str | None, correlation: str | None) -> None:
        """Tell the CRM where the Deal stands, unless it says so already; a request for another try is answered by it."""
        self.write_back(deal.id, deal.sync, told, company, correlation, answers=deal.retry)

    def write_back(
        self,
        deal_id: str,
        sync: SyncState,
        told: SyncState,
        company: str | None,
        correlation: str | None,
        *,
        answers: bool = False,
    ) -> None:
        """As `tell`, where of the Deal no more is known than its id and what the CRM says about it."""
        known = self.policy.sync_fields
        before, after = sync.only(known), told.only(known)
        answers = answers and bool(known)
        if before != after or answers:
            self.write_backs.append(WriteDeal(deal_id, company, correlation, before, after, answers))


def _cleared(sync: SyncState) -> SyncState:
    """Nothing said about the Deal, but a document that it may have stays named: a person must look for that one first."""
    return SyncState(draft_id=sync.draft_id, invoice_number=sync.invoice_number)
