"""The configuration in the words of those who work by it: a policy for planning, and what is read from Salesforce."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.adapters.salesforce.mapping import READY, READY_REASONS
from sfspiris.adapters.salesforce.source import Source
from sfspiris.adapters.spiris.capabilities import CAPABILITIES
from sfspiris.core.identity import org_tag, payload_hash
from sfspiris.core.model import Target
from sfspiris.core.policy import (
    ArticlePolicy,
    CompanyPolicy,
    MatchStep,
    MissingArticle,
    Owner,
    Policy,
    ReadinessPolicy,
    Route,
    VatPolicy,
    WithoutProduct,
)
from sfspiris.core.searchlag import UNMEASURED
from sfspiris.engine.run import Guard
from sfspiris.report.language import words

if TYPE_CHECKING:
    from sfspiris.adapters.salesforce.crm import SalesforceCrm
    from sfspiris.config import CompanySettings, Settings
    from sfspiris.config.settings import ArticlesSettings


def org_source(settings: Settings) -> Source:
    """Which objects and fields of the org stand for what, and which of them are read."""
    return Source(
        object=settings.source.object,
        lines=settings.source.lines,
        gate=settings.source.gate,
        record_types=settings.source.record_types,
        fields=settings.source.fields,
        route_paths=tuple(sorted({path for route in settings.routes for path in route.when})),
        readiness=settings.write_back.invoice_ready,
        contacts=any(one.customers.contact_only == "private" for one in settings.companies.values()),
    )


def policy_of(settings: Settings, crm: SalesforceCrm) -> Policy:
    """What planning goes by: the configuration, and what this org can be told."""
    invoice_fields, account_fields = crm.receivable_fields()
    settle = timedelta(minutes=settings.limits.settle_minutes)
    return Policy(
        companies=company_policies(settings),
        routes=policy_routes(settings),
        org_tag=org_tag(crm.org_id),
        start_date=settings.start_date,
        tolerance=settings.limits.tolerance,
        settle=max(settle, UNMEASURED),
        settle_documents=settle,
        crm_fields=crm.field_names(),
        sync_fields=crm.sync_fields() if settings.write_back.deal_status else frozenset(),
        invoice_fields=invoice_fields if settings.write_back.invoice_object else frozenset(),
        account_fields=account_fields if settings.write_back.account_summary else frozenset(),
        shows_invoices=settings.write_back.invoice_object,
        shows_accounts=settings.write_back.account_summary,
        readiness=_readiness(settings, crm),
        spoken=words(settings.write_back.language).sentence,
        attaches_pdfs=settings.write_back.attachments == "pdf",
        links_drafts=settings.write_back.ledger_links,
        scope=_scope(settings),
    )


def guard_of(
    settings: Settings, *, allow_large: bool, fail_fast: bool = False, is_pilot: bool = False
) -> Guard:
    """Where a run stops of itself: as the configuration says, and this command line."""
    limits = settings.limits
    return Guard(
        limits.max_changes,
        allow_large=allow_large,
        is_pilot=is_pilot,
        fail_fast=fail_fast or limits.on_error == "stop",
        max_held_share=limits.max_held_share,
    )


def _scope(settings: Settings) -> str:
    """A print of what decides which deals are looked at."""
    source = settings.source.model_dump(mode="json", include={"object", "gate", "record_types"})
    routes = [one.model_dump(mode="json", include={"company", "when", "skip"}) for one in settings.routes]
    return payload_hash([source, routes, settings.start_date and settings.start_date.isoformat()])


_SHORTEST_TEXT: Final = 255  # characters that any text field takes, where the org does not tell how many


def _readiness(settings: Settings, crm: SalesforceCrm) -> ReadinessPolicy | None:
    """What open deals are told, if the operator wants it; without the mark's field there is nothing to tell it by."""
    if not settings.write_back.invoice_ready:
        return None
    known = crm.readiness_fields()
    return ReadinessPolicy(
        settings.write_back.invoice_ready_days,
        reasons_length=(known[READY_REASONS] or _SHORTEST_TEXT) if READY_REASONS in known else 0,
        missing=tuple(name for name in (READY, READY_REASONS) if name not in known),
        can_mark=READY in known,
    )


def company_policies(settings: Settings) -> dict[str, CompanyPolicy]:
    """What the configuration says about each company, by its key."""
    return {key: _company_policy(key, own) for key, own in settings.companies.items()}


def policy_routes(settings: Settings) -> tuple[Route, ...]:
    """What the configuration says about routes, in its order."""
    return tuple(
        Route(
            one.company,
            one.when,
            None if one.articles is None else _article_policy(one.articles),
            None if one.target is None else Target(one.target),
        )
        for one in settings.routes
    )


def _company_policy(key: str, own: CompanySettings) -> CompanyPolicy:
    return CompanyPolicy(
        key=key,
        orgnr=own.orgnr,
        currency=own.currency,
        marker_field=own.marker.field,
        capabilities=CAPABILITIES,
        default_terms_days=own.default_terms_days,
        articles=_article_policy(own.articles),
        target=Target(own.target),
        match_steps=tuple(MatchStep(one) for one in own.match.steps),
        default_owner=Owner(own.ownership.default),
        owners={
            name: Owner(value)
            for name, value in own.ownership.model_dump(exclude={"default"}, exclude_none=True).items()
        },
        needs_personal_numbers=own.personal_numbers == "required",
        takes_contacts=own.customers.contact_only == "private",
        numbers_from_crm=own.customers.numbers == "salesforce",
        customer_per_currency=own.customers.per_currency == "create",
        vat=VatPolicy(
            category_by_article=own.vat.category_by_article,
            category_by_family=own.vat.category_by_family,
            eu_consumers_over_limit=own.vat.eu_consumers_over_limit,
            private_prices_are_net=own.vat.private_prices_are_net,
            writes_texts=own.vat.texts == "rows",
        ),
    )


def _article_policy(chosen: ArticlesSettings) -> ArticlePolicy:
    return ArticlePolicy(
        missing=MissingArticle(chosen.missing),
        without_product=WithoutProduct(chosen.without_product),
        fallback={str(rate): number for rate, number in chosen.fallback.items()},
        default=chosen.default,
        by_family=chosen.by_family,
        by_treatment=chosen.by_treatment,
        codings={str(rate): name for rate, name in chosen.codings.items()},
        units=chosen.units,
        unit=chosen.unit,
        created_as_goods=chosen.created_as == "goods",
    )
