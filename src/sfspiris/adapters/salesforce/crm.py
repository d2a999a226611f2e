"""Salesforce as a CRM: reads won deals, and writes on them how their invoicing stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sfspiris.adapters.salesforce import files, mapping, rates, receivables, soql
from sfspiris.adapters.salesforce.bulk import ROWS_PER_JOB, Bulk
from sfspiris.adapters.salesforce.catalog import ACCOUNT, CONTACT_ROLE, OPPORTUNITY
from sfspiris.adapters.salesforce.client import LOCKED, QUERIES_PER_CALL, RECORDS_PER_UPDATE
from sfspiris.adapters.salesforce.ids import is_id, long_id
from sfspiris.adapters.salesforce.origin import ORDER, standard_origin
from sfspiris.adapters.salesforce.package.fields import INVOICE
from sfspiris.adapters.salesforce.refusals import RUN_AGAIN
from sfspiris.adapters.salesforce.schema import KeptSchema
from sfspiris.adapters.salesforce.source import fields_of
from sfspiris.errors import BrokenReply, UsageError
from sfspiris.ports.crm import (
    DealBatch,
    Fate,
    InvoiceFiles,
    KnownDeal,
    Reach,
    Selection,
    Showing,
    Witness,
    WriteResult,
)
from sfspiris.sentences import say, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from typing import Any

    from sfspiris.adapters.salesforce.client import QueryResult, SalesforceClient, Usage
    from sfspiris.adapters.salesforce.origin import Origin
    from sfspiris.adapters.salesforce.source import MissingSourceField, Source, SourceMap
    from sfspiris.adapters.salesforce.wire import Row
    from sfspiris.core.conversion import Conversion
    from sfspiris.core.explain import SourceSeen
    from sfspiris.core.model import Buyer, Deal, Readiness
    from sfspiris.core.receivables import AccountSummary, InvoiceRecord, Value
    from sfspiris.ports.crm import DealUpdate, NewFile
    from sfspiris.ports.kept import Kept

_OBJECT_OF_PREFIX: Final = {"006": OPPORTUNITY, "001": ACCOUNT, "801": ORDER}


@dataclass(frozen=True, slots=True)
class Org:
    """The org that the sign-in opened."""

    id: str
    name: str
    is_sandbox: bool


class SalesforceCrm:
    """Implements `ports.crm.Crm`. `now` is UTC and only judges how old a kept catalog is.

    More than `bulk_above` invoices at once are written by a bulk job, where the org has them; None writes none so.
    """

    def __init__(
        self,
        *,
        client: SalesforceClient,
        cache: Kept,
        source: Source,
        now: Callable[[], datetime],
        bulk: Bulk | None = None,
        bulk_above: int = 0,
    ) -> None:
        self._client = client
        self._bulk = bulk
        self._bulk_above = bulk_above
        self._source = source
        self._schema = KeptSchema(client=client, cache=cache, source=source, now=now)
        self._now = now

    @property
    def org_id(self) -> str:
        """The org that the sign-in opened, 18 characters."""
        return self._client.session.identity

    @property
    def calls(self) -> int:
        """Requests sent so far, sign-ins included."""
        return self._client.calls

    @property
    def usage(self) -> Usage | None:
        """The org's API calls of the last 24 hours as the latest answer told them."""
        return self._client.usage

    def organization(self) -> Org:
        """What the org says about itself, to be compared with the configured environment."""
        result = self._query(soql.ORGANIZATION_QUERY)
        if len(result.rows) != 1:
            raise BrokenReply("Salesforce does not tell which org this is.", remedy=RUN_AGAIN)
        match result.rows[0]:
            case {"Id": str(org_id), "Name": str(name), "IsSandbox": bool(is_sandbox)} if is_id(org_id):
                return Org(long_id(org_id), name, is_sandbox)
        raise BrokenReply("Salesforce does not tell which org this is.", remedy=RUN_AGAIN)

    def record_url(self, record_id: str) -> str:
        """Where a person sees the record in a browser."""
        host = self._client.session.host or ""
        own = None if standard_origin(self._source.object, None) else self._source.object
        kind = _OBJECT_OF_PREFIX.get(record_id[:3], own)
        return f"{host}/lightning/r/{kind}/{record_id}/view" if kind else f"{host}/{record_id}"

    # --- what the org has ------------------------------------------------------------------------------------------

    def field_names(self) -> Mapping[str, str]:
        """Our field names → the last part of the path that feeds them; the default's where nothing does."""
        source = self._schema.get().source
        fields, origin = source.fields, source.origin
        named = {
            name: (*fields[name], *one.paths)[0].rsplit(".", 1)[-1]
            for name, one in fields_of(origin).items()
            if fields[name] or one.paths
        }
        further = {"buyer": origin.account_id, "lines": origin.lines, "closed_on": origin.closed_on}
        return named | further | mapping.SYNC_FIELDS

    def missing_source_fields(self) -> tuple[MissingSourceField, ...]:
        """Our optional fields that no field of the org feeds, and what that leads to."""
        return self._schema.get().source.missing

    def shortcomings(self) -> tuple[str, ...]:
        """What the org lacks that a run can do without, each in a sentence."""
        return tuple(
            say(
                "Salesforce has none of %(paths)s for %(field)s, or hides it: %(without)s.",
                paths=", ".join(one.paths),
                field=one.name,
                without=whole(one.without),
            )
            for one in self.missing_source_fields()
        )

    def sync_fields(self) -> frozenset[str]:
        """The parts of a SyncState that have a field on the deals' object which we may write."""
        writable = mapping.writable_sync_fields(self._schema.get().catalog, self._source.object)
        return frozenset(ours for ours, theirs in mapping.SYNC_FIELDS.items() if theirs in writable)

    def missing_sync_fields(self) -> tuple[str, ...]:
        """The status fields that do not exist on the deals' object or that we may not write."""
        return mapping.missing_sync_fields(self._schema.get().catalog, self._source.object)

    def readiness_fields(self) -> Mapping[str, int]:
        """The fields by which open deals are told whether they could be invoiced: name → characters that it takes."""
        known = mapping.writable_readiness_fields(self._schema.get().catalog, self._source.object)
        return {name: field.length for name, field in known.items()}

    # --- deals -----------------------------------------------------------------------------------------------------

    def read_deals(self, selection: Selection) -> DealBatch:
        """All deals that pass the gate and the selection, ordered by (changed_at, id).

        With no ids to ask about nothing is asked, and `read_at` is our own time. Raises UsageError for an id that is none.
        """
        ids = None if selection.ids is None else _long_ids(selection.ids)
        results = self._schema.with_known_fields(lambda: self._read(selection, ids))
        source = self._schema.get().source
        deals = [mapping.to_deal(row, source) for result in results for row in result.rows]
        if len({deal.id for deal in deals}) != len(deals):
            raise BrokenReply("Salesforce sent the same deal twice in one result.", remedy=RUN_AGAIN)
        read_at = results[0].read_at if results else self._now()
        return DealBatch(tuple(sorted(deals, key=_reading_order)), read_at)

    def trace(self, deal_id: str) -> tuple[SourceSeen, ...]:
        """Every path that our fields look at, with the deal's values, and the path that won."""
        ids = _long_ids([deal_id])
        selection = Selection(ids=tuple(ids), reach=Reach.ANY)
        results = self._schema.with_known_fields(lambda: self._read(selection, ids))
        source = self._schema.get().source
        return tuple(seen for result in results for row in result.rows for seen in mapping.trace(row, source))

    def exist(self, ids: Iterable[str]) -> Mapping[str, KnownDeal]:
        """Those of the ids that Salesforce knows, in their 18-character form, each with its name and stage."""
        known = _long_ids(one for one in ids if is_id(one))
        origin = self._origin()
        if len(known) > soql.IDS_PER_QUERY:
            names = ("Id", origin.name, *((origin.stage,) if origin.stage else ()))
            rows = self._schema.with_known_fields(lambda: self._client.retrieve(origin.object, known, names))
        else:
            queries = soql.existence_queries(known, origin)
            rows = [row for query in queries for row in self._query(query).rows]
        return {
            long_id(row["Id"]): KnownDeal(
                str(row.get(origin.name) or ""), str(row.get(origin.stage or "") or "")
            )
            for row in rows
        }

    def fates(
        self, *, changed_since: datetime | None = None, ids: Iterable[str] | None = None
    ) -> tuple[Fate, ...]:
        """How deals stand, won or not, those in the recycle bin too: all changed since, or those with these ids."""
        known = None if ids is None else _long_ids(ids)
        schema = self._schema.get()
        origin = schema.source.origin
        sync = mapping.readable_sync_fields(schema.catalog, origin.object)
        queries = list(soql.fate_queries(sync, changed_since, known, origin))
        rows = self._schema.with_known_fields(lambda: self._rows_of(queries))
        return tuple(mapping.to_fate(row, origin) for row in rows)

    def witnesses(self, *, changed_since: datetime | None) -> tuple[Witness, ...]:
        """The deals on which a run has borne witness, changed since; with None, the 200 that were changed last."""
        schema = self._schema.get()
        origin = schema.source.origin
        known = mapping.readable_sync_fields(schema.catalog, origin.object)
        witness, company = (mapping.SYNC_FIELDS[name] for name in ("correlation_id", "company"))
        if witness not in known:
            return ()
        query = soql.witness_query(witness, company if company in known else None, changed_since, origin)
        rows = self._schema.with_known_fields(lambda: self._rows_of([query]))
        return tuple(mapping.to_witness(row) for row in rows)

    def _rows_of(self, queries: Sequence[str]) -> list[Row]:
        """What the queries find, in the recycle bin too: several of them in one call."""
        if len(queries) == 1:
            return list(self._client.query(queries[0], deleted=True).rows)
        found: list[Row] = []
        for start in range(0, len(queries), QUERIES_PER_CALL):
            some = dict.fromkeys(queries[start : start + QUERIES_PER_CALL], True)
            found += [row for result in self._client.queries(some) for row in result.rows]
        return found

    def write_deals(self, updates: Sequence[DealUpdate]) -> list[WriteResult]:
        """Write status to the deals, in the order given.

        Raises what reads raise when Salesforce as a whole does not answer; what was saved before that stays saved, and
        writing it again does no harm.
        """
        outcome = self._saved(lambda: self._write(updates))
        return [WriteResult(one.deal_id, error) for one, error in zip(updates, outcome, strict=True)]

    def conversions(self, wanted: Iterable[tuple[str, date]]) -> Mapping[tuple[str, date], Conversion]:
        """The org's rate for each of these currencies on its day; an org with one currency has none."""
        described = self._client.describe([rates.CURRENCIES, rates.DATED])
        rows = {
            name: self._client.query(query).rows if described[name] else ()
            for name, query in ((rates.CURRENCIES, rates.CURRENCY_QUERY), (rates.DATED, rates.DATED_QUERY))
        }
        return rates.conversions(wanted, rows[rates.CURRENCIES], rows[rates.DATED])

    def write_readiness(self, told: Sequence[tuple[str, Readiness]]) -> list[WriteResult]:
        """Tell open deals, by id, whether they could be invoiced, in the order given."""
        object_ = self._source.object

        def write() -> list[str | None]:
            known = mapping.writable_readiness_fields(self._schema.get().catalog, object_)
            records = [mapping.to_readiness_record(deal_id, one, known, object_) for deal_id, one in told]
            return self._client.update(records)

        errors = self._saved(write)
        return [WriteResult(deal_id, error) for (deal_id, _), error in zip(told, errors, strict=True)]

    def is_account(self, buyer_id: str) -> bool:
        """Whether a buyer is an Account, and no contact: every id of an Account begins with 001."""
        return _OBJECT_OF_PREFIX.get(buyer_id[:3]) == ACCOUNT

    # --- what customers owe -----------------------------------------------------------------------------------------

    def receivable_fields(self) -> tuple[frozenset[str], frozenset[str]]:
        """Which fields of invoices and of accounts' sums exist and may be written, by our names."""
        invoice, account = receivables.writable(self._schema.get().catalog)
        if self._source.object != OPPORTUNITY:
            invoice -= {"opportunity"}  # a lookup to Opportunity cannot name a deal of another object
        return invoice, account

    def missing_receivable_fields(self, *, invoices: bool, accounts: bool) -> tuple[str, ...]:
        """The fields of invoices and of accounts' sums, where each is wanted, that do not exist or that we may not write."""
        catalog = self._schema.get().catalog
        return receivables.missing(catalog, invoices=invoices, accounts=accounts)

    def read_invoices(self) -> Mapping[str, Mapping[str, Value]]:
        """Every invoice that Salesforce shows, by external id."""
        known, _ = self.receivable_fields()
        rows = self._client.query(receivables.invoice_query(known)).rows if known else ()
        return dict(receivables.invoice_values(row, known) for row in rows)

    def read_accounts(self, accounts: Iterable[str]) -> Mapping[str, Mapping[str, Value]]:
        """What Salesforce shows of these accounts."""
        _, known = self.receivable_fields()
        if not known:
            return {}
        queries = soql.by_ids(receivables.account_select(known), _long_ids(accounts))
        return dict(
            receivables.account_values(row, known) for one in queries for row in self._query(one).rows
        )

    def read_shown(self, *, changed_since: datetime | None, accounts: Iterable[str] = ()) -> Showing:
        """What Salesforce shows of invoices and accounts that were changed since; with None, of all, and of these accounts."""
        of_invoices, of_accounts, results = self._schema.with_known_fields(lambda: self._look(changed_since))
        found: dict[str, Mapping[str, Value]] = {}
        gone: set[str] = set()
        for row in results[0].rows if of_invoices else ():
            key, said = receivables.invoice_values(row, of_invoices)
            if row.get("IsDeleted"):
                gone.add(key)
            else:
                found[key] = said
        sums: dict[str, Mapping[str, Value]] = {}
        for row in results[-1].rows if of_accounts else ():
            key, said = receivables.account_values(row, of_accounts)
            sums[key] = said
        if of_accounts and changed_since is None:
            sums |= self.read_accounts(set(_long_ids(accounts)) - sums.keys())
        read_at = results[0].read_at if results else self._now()
        return Showing(found, sums, frozenset(gone - found.keys()), read_at)

    def _look(
        self, changed_since: datetime | None
    ) -> tuple[frozenset[str], frozenset[str], list[QueryResult]]:
        """The fields of invoices and of accounts' sums that are known, and what was found of each that has any."""
        of_invoices, of_accounts = self.receivable_fields()
        wanted: dict[str, bool] = {}
        if of_invoices and changed_since is None:
            wanted[receivables.invoice_query(of_invoices)] = False
        elif of_invoices and changed_since is not None:
            wanted[receivables.changed_invoices_query(of_invoices, changed_since)] = True
        if of_accounts:
            wanted[receivables.shown_accounts_query(of_accounts, changed_since)] = False
        return of_invoices, of_accounts, self._client.queries(wanted) if wanted else []

    def write_invoices(self, records: Sequence[InvoiceRecord]) -> list[WriteResult]:
        """Make or save the records of these invoices, in the order given."""

        def write() -> list[str | None]:
            known, _ = self.receivable_fields()
            return self._upsert([receivables.invoice_body(one, known) for one in records])

        errors = self._saved(write)
        return [WriteResult(one.external_id, error) for one, error in zip(records, errors, strict=True)]

    def write_accounts(self, summaries: Sequence[AccountSummary]) -> list[WriteResult]:
        """Save what these accounts owe, in the order given."""

        def write() -> list[str | None]:
            _, known = self.receivable_fields()
            return self._client.update([receivables.account_body(one, known) for one in summaries])

        errors = self._saved(write)
        return [WriteResult(one.account, error) for one, error in zip(summaries, errors, strict=True)]

    def invoices_at_once(self, count: int) -> int:
        """As many as one call takes; or one job, when there are more than are worth ordinary calls."""
        return ROWS_PER_JOB if self._bulk and count > self._bulk_above else RECORDS_PER_UPDATE

    def _upsert(self, bodies: Sequence[Mapping[str, Any]]) -> list[str | None]:
        """Save invoices by a job, if they are many, and in ordinary calls all of which no job tells that it was saved.

        What a job found locked by somebody else is tried again in such a call.
        """
        key = receivables.EXTERNAL_ID
        told: Mapping[str, str | None] = {}
        if self._bulk is not None:
            self._bulk.end_left_over()
            if len(bodies) > self._bulk_above:
                told = self._bulk.upsert(INVOICE, key, bodies)
        ended = [told.get(one[key], LOCKED) for one in bodies]
        left = [place for place, error in enumerate(ended) if error and error.startswith(LOCKED)]
        again = self._client.upsert(INVOICE, key, [bodies[place] for place in left])
        for place, error in zip(left, again, strict=True):
            ended[place] = error
        return ended

    # --- accounts by themselves -------------------------------------------------------------------------------------

    def read_buyers(self, ids: Iterable[str] | None = None) -> tuple[Buyer, ...]:
        """Every account, or those with these ids, by id."""
        known = None if ids is None else _long_ids(one for one in ids if is_id(one))
        results = self._schema.with_known_fields(
            lambda: [
                self._client.query(one)
                for one in soql.account_queries(mapping.account_paths(self._schema.get().source), known)
            ]
        )
        source = self._schema.get().source
        found = [mapping.to_buyer(row, source) for result in results for row in result.rows]
        return tuple(sorted(found, key=lambda one: one.id))

    def write_customer_numbers(self, numbers: Mapping[str, str | None]) -> list[WriteResult]:
        """Save the customer's number on these accounts, in the order given."""
        bodies = [receivables.number_body(account, number) for account, number in numbers.items()]
        errors = self._saved(lambda: self._client.update(bodies))
        return [WriteResult(account, error) for account, error in zip(numbers, errors, strict=True)]

    # --- files ------------------------------------------------------------------------------------------------------

    def files_unavailable(self) -> str | None:
        """Why no file can be put beside a record, as far as can be told beforehand: what must be seen of files is hidden."""
        seen = self._client.describe([files.VERSION])[files.VERSION]
        lacking = [name for name in files.NEEDED if name.lower() not in seen]
        if not lacking:
            return None
        what: str = files.VERSION
        if seen:
            what = say("%(fields)s of %(object)s", fields=", ".join(lacking), object=files.VERSION)
        return say(
            "Salesforce hides %(what)s from the integration user, so no file can be put on a record.",
            what=what,
        )

    def invoice_files(self, wanted: Mapping[str, Sequence[str]]) -> Mapping[str, InvoiceFiles]:
        """The record of each invoice, and the document and names of its prints."""
        rows = self._query(files.record_query(list(wanted))).rows if wanted else ()
        records = {str(row[receivables.EXTERNAL_ID]): long_id(row["Id"]) for row in rows}
        documents = self.file_names([name for names in wanted.values() for name in names])
        found = {}
        for external_id, names in wanted.items():
            own = {name: documents[name] for name in names if name in documents}
            found[external_id] = InvoiceFiles(
                records.get(external_id), min(own.values(), default=None), frozenset(own)
            )
        return found

    def file_names(self, names: Sequence[str]) -> Mapping[str, str]:
        """The document of each file name that Salesforce has; of several, the same one each time."""
        rows = (row for query in files.version_queries(names) for row in self._query(query).rows)
        found: dict[str, str] = {}
        for row in rows:
            name, document = str(row["PathOnClient"]), long_id(row["ContentDocumentId"])
            found[name] = min(found.get(name, document), document)
        return found

    def attach(self, file: NewFile) -> str:
        """Make a version: the first of a document on the record, or the next of the document."""
        return self._client.create(files.VERSION, files.body(file))

    def _read(self, selection: Selection, ids: Sequence[str] | None) -> list[QueryResult]:
        schema = self._schema.get()
        origin = schema.source.origin
        has_sort_order = schema.catalog.field(origin.line_object, "SortOrder") is not None
        query = soql.DealQuery(
            deal_paths=(
                *schema.source.deal_paths(),
                *mapping.readable_sync_fields(schema.catalog, origin.object),
                *(
                    mapping.writable_readiness_fields(schema.catalog, origin.object)
                    if self._source.readiness
                    else ()
                ),
                *((mapping.RETRY,) if mapping.can_answer_retry(schema.catalog, origin.object) else ()),
            ),
            line_paths=tuple(schema.source.line_paths()),
            line_order=("SortOrder", "Id") if has_sort_order else ("Id",),
            gate=self._source.gate,
            record_types=self._source.record_types,
            origin=origin,
        )
        found = [self._client.query(one) for one in soql.deal_queries(query, selection, ids)]
        found = self._with_quotes(query, found) if origin.quote_id else found
        return self._with_contacts(query, found, schema.source) if origin.has_contact_roles else found

    def _with_contacts(
        self, query: soql.DealQuery, found: list[QueryResult], source: SourceMap
    ) -> list[QueryResult]:
        """The deals, those without an account with the contact who has the primary role; nothing is asked when all have one."""
        account = query.origin.account_id
        alone = [
            long_id(row["Id"])
            for result in found
            for row in result.rows
            if not mapping.value_at(row, account)
        ]
        roles: dict[str, list[Row]] = {}
        for one in query.role_queries(alone, tuple(source.role_paths())):
            for row in self._client.query(one).rows:
                roles.setdefault(long_id(row["OpportunityId"]), []).append(row)
        only = {deal_id: rows[0] for deal_id, rows in roles.items() if len(rows) == 1}
        return [
            replace(
                result,
                rows=tuple(
                    {**row, CONTACT_ROLE: only[deal_id]} if (deal_id := long_id(row["Id"])) in only else row
                    for row in result.rows
                ),
            )
            for result in found
        ]

    def _with_quotes(self, query: soql.DealQuery, found: list[QueryResult]) -> list[QueryResult]:
        """The deals with the lines of the quotes that are synced with them; a deal without one has no lines."""
        origin = query.origin
        quoted = [one.get(origin.quote_id or "") for result in found for one in result.rows]
        ids = list(dict.fromkeys(long_id(one) for one in quoted if one))
        lines = {
            long_id(row["Id"]): row.get(origin.lines)
            for one in query.quote_queries(ids)
            for row in self._client.query(one).rows
        }
        if missing := set(ids) - lines.keys():
            raise BrokenReply(
                f"Salesforce did not send the quote {min(missing)}, which is synced with a deal.",
                remedy=RUN_AGAIN,
            )
        return [
            replace(
                result,
                rows=tuple(
                    {**row, origin.lines: lines[long_id(quote)] if quote else None}
                    for row in result.rows
                    for quote in (row.get(origin.quote_id or ""),)
                ),
            )
            for result in found
        ]

    def _origin(self) -> Origin:
        """Where deals come from; a standard object is known without asking the org about it."""
        known = standard_origin(self._source.object, self._source.lines)
        return known or self._schema.get().source.origin

    def _query(self, query: str) -> QueryResult:
        return self._schema.with_known_fields(lambda: self._client.query(query))

    def _saved(self, write: Callable[[], list[str | None]]) -> list[str | None]:
        """What became of the records; once more with a fresh schema when the kept one names a field that is no more."""
        outcome = self._schema.with_known_fields(write)
        if self._schema.get().is_kept and any(
            error and error.startswith("INVALID_FIELD") for error in outcome
        ):
            self._schema.read_again()
            outcome = write()
        return outcome

    def _write(self, updates: Sequence[DealUpdate]) -> list[str | None]:
        object_ = self._source.object
        writable = mapping.writable_sync_fields(self._schema.get().catalog, object_)
        if not writable:
            return [f"NO_FIELDS: {object_} has no Spiris_ field that the integration user may write"] * len(
                updates
            )
        return self._client.update([mapping.to_record(one, writable, object_) for one in updates])


def _long_ids(ids: Iterable[str]) -> list[str]:
    """The ids in their long form, each once, in order."""
    known = list(ids)
    for one in known:
        if not is_id(one):
            raise UsageError(
                f"“{one}” is not a Salesforce id.",
                remedy="Copy it from the deal's address in the browser: 15 or 18 letters and digits, for an opportunity beginning with 006.",
            )
    return list(dict.fromkeys(long_id(one) for one in known))


def _reading_order(deal: Deal) -> tuple[datetime, str]:
    return deal.changed_at, deal.id
