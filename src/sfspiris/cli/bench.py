"""The configuration set up for user tests: the same reading, rules and payloads as a run's, without either system."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.adapters.salesforce import mapping as salesforce
from sfspiris.adapters.salesforce.catalog import CONTACT_ROLE
from sfspiris.adapters.salesforce.origin import supposed_contact, supposed_origin
from sfspiris.adapters.salesforce.source import SourceMap, fields_of
from sfspiris.adapters.spiris import writing as spiris
from sfspiris.cli.desk import open_desk
from sfspiris.cli.policies import company_policies, policy_routes
from sfspiris.core.actions import CreateCustomer, CreateDraft, NewCustomer
from sfspiris.core.identity import org_tag
from sfspiris.core.model import Article, CompanyProfile, LedgerCustomer, LedgerView, PaymentTerms
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.pushinputs import PushInputs
from sfspiris.core.policy import Policy
from sfspiris.core.routing import route
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sfspiris.adapters.salesforce.origin import Origin
    from sfspiris.cli.cases import Case
    from sfspiris.cli.options import Common
    from sfspiris.config import Settings
    from sfspiris.core.actions import Plan
    from sfspiris.core.model import Deal

_ORG: Final = "00D000000000000AAA"


def _always(origin: Origin) -> dict[str, Any]:
    """What stands on every deal; a case may say otherwise."""
    return {
        "Id": "006000000000000AAA",
        origin.name: "A deal",
        origin.closed_on: "2026-11-01",
        "SystemModstamp": "2026-11-01T00:00:00.000+0000",
        origin.account_id: "001000000000000AAA",
        **({origin.contact_id: "003000000000000AAA"} if origin.contact_id else {}),
    }


_STANDARD_VAT: Final = Decimal(25)
_USUAL_TERMS: Final = (10, 15, 20, 30)


@dataclass(frozen=True, slots=True)
class Bench:
    """The rules of one configuration. `folder` is where its file stands."""

    policy: Policy
    source: SourceMap
    folder: Path

    def outcome(self, case: Case) -> dict[str, Any]:
        """What the deal of a case would become: company, holds, warnings, payloads and totals, as plain data.

        Raises UsageError for a Salesforce path that no field of the configuration reads.
        """
        deal = self._deal(case)
        company = route(deal, self.policy)
        views = {key: self._view(case, key, deal) for key in self.policy.companies}
        plan = decide(PushInputs(deals=(deal,), policy=self.policy, today=case.today, ledgers=views))
        return {
            "company": company.key if company else None,
            "holds": sorted({str(one.code) for one in plan.holds}),
            "warnings": sorted({str(one.code) for one in plan.warnings}),
            **self._payloads(plan),
        }

    def _payloads(self, plan: Plan) -> dict[str, Any]:
        found: dict[str, Any] = {"customer": None, "draft": None, "totals": None}
        for action in plan.actions:
            match action:
                case CreateCustomer():
                    found["customer"] = spiris.customer_body(action.customer, terms_id=action.terms_id)
                case CreateDraft():
                    found["draft"] = spiris.draft_body(
                        action.draft,
                        customer_id="new" if isinstance(action.customer, NewCustomer) else action.customer.id,
                        marker_field=self.policy.companies[action.company].marker_field,
                    )
                    found["totals"] = {
                        "net": action.vat.net,
                        "vat": action.vat.vat,
                        "rounding": action.vat.rounding,
                        "total": action.vat.gross,
                        "currency": action.currency,
                    }
                case _:
                    pass
        return found

    def _deal(self, case: Case) -> Deal:
        origin = self.source.origin
        lines = [_row(line) for line in case.lines]
        self._check_paths(case)
        always = _always(origin)
        given = {path.partition(".")[0] for path in case.given if "." in path}
        if origin.contact and origin.contact.partition(".")[0] in given and "Account" not in given:
            del always[origin.account_id]  # only a contact is given: nobody else buys
        row = _row({**always, **case.given}) | {origin.lines: _numbered(lines)}
        return salesforce.to_deal(row, self.source)

    def _check_paths(self, case: Case) -> None:
        of_role = {f"{CONTACT_ROLE}.{path}" for path in self.source.role_paths()}
        read = {*_always(self.source.origin), *self.source.deal_paths(), *of_role}
        of_lines = {"Id", *self.source.line_paths()}
        for given, known, where in (
            (case.given, read, "[given]"),
            *((line, of_lines, "[[given.lines]]") for line in case.lines),
        ):
            for path in given:
                if path in known:
                    continue
                near = difflib.get_close_matches(path, known, n=1)
                raise UsageError(
                    f'{case.file.name}: {where} "{path}" is read by nothing in the configuration.',
                    remedy=f"Did you mean {near[0]}?"
                    if near
                    else "Name it under [source.fields] or in a route, or leave it out.",
                )

    def _view(self, case: Case, key: str, deal: Deal) -> LedgerView:
        company = self.policy.companies[key]
        articles = case.books.articles
        if articles is None:
            numbers = {line.article for line in deal.lines if line.article}
            articles = dict.fromkeys(numbers, _STANDARD_VAT)
        return LedgerView(
            profile=CompanyProfile(
                key, company.orgnr, company.currency, rounds_to_krona=case.books.rounds_to_krona
            ),
            customers=tuple(
                LedgerCustomer(id=one.number, number=one.number, name=one.name, orgnr=one.orgnr)
                for one in case.books.customers
            ),
            articles=tuple(
                Article(number, number, number, is_active=True, vat_rate=rate)
                for number, rate in sorted(articles.items())
            ),
            terms=tuple(
                PaymentTerms(str(days), f"{days} days", days) for days in case.books.terms or _USUAL_TERMS
            ),
        )


def open_bench(common: Common) -> Bench:
    """The bench of the configuration that a command would use; no sign-in is read and nothing is asked."""
    with open_desk(common, read_only=True) as desk:
        settings = desk.settings
    written = settings.source.fields
    origin = supposed_origin(settings.source.object, settings.source.lines, written)
    if any(one.takes_contacts for one in company_policies(settings).values()):
        origin = supposed_contact(origin, written)
    fields = {name: written.get(name, one.paths) for name, one in fields_of(origin).items()}
    routes = {path: path for one in settings.routes for path in one.when}
    return Bench(_policy(settings, fields), SourceMap(fields, routes, origin=origin), settings.folder)


def _policy(settings: Settings, fields: Mapping[str, tuple[str, ...]]) -> Policy:
    return Policy(
        companies=company_policies(settings),
        routes=policy_routes(settings),
        org_tag=org_tag(_ORG),
        tolerance=settings.limits.tolerance,
        crm_fields={name: paths[0].rsplit(".", 1)[-1] for name, paths in fields.items() if paths},
        sync_fields=frozenset(),
    )


def _numbered(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"Id": f"00k{position:012}AAA", **line} for position, line in enumerate(lines, start=1)]


def _row(flat: Mapping[str, Any]) -> dict[str, Any]:
    """A record as Salesforce sends it: dotted paths become nested records, days text."""
    row: dict[str, Any] = {}
    for path, value in flat.items():
        *parents, name = path.split(".")
        here = row
        for parent in parents:
            here = here.setdefault(parent, {})
        here[name] = value.isoformat() if isinstance(value, date | datetime) else value
    return row
