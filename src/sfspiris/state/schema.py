"""Today's tables. Every migration together gives exactly this; a test compares the two.

The state holds ids, codes, hashes, dates and amounts. It holds no names, addresses, e-mail addresses or organisation
numbers, since a sole trader's number is a personal number: whoever copies or loses the file has learnt nothing about a
person. Texts for people are made anew from the two systems in each run. Who decided what about a held deal, and in which
words, is the exception: it is what the operators themselves wrote down.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from sfspiris.core.lifecycle import LIVE_STATES, IntentState
from sfspiris.core.model import DealStatus, Target
from sfspiris.core.outcome import RunStatus
from sfspiris.state.types import Amount, UtcTime, words

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD: Final = "0001"  # the newest migration: a file that says this needs none


class IntentKind(StrEnum):
    """What an intent is about; the same words as in reports."""

    CREATE_ARTICLE = "create_article"
    CREATE_CUSTOMER = "create_customer"
    UPDATE_CUSTOMER = "update_customer"
    CREATE_DRAFT = "create_draft"
    UPDATE_DRAFT = "update_draft"
    DELETE_DRAFT = "delete_draft"
    CREATE_ORDER = "create_order"
    UPDATE_ORDER = "update_order"
    DELETE_ORDER = "delete_order"
    WRITE_DEAL = "write_deal"


class SeenAs(StrEnum):
    """What a run made of a Deal that it wrote nothing for."""

    HELD = "held"
    UNCHANGED = "unchanged"


CREATES: Final = (
    IntentKind.CREATE_ARTICLE,
    IntentKind.CREATE_CUSTOMER,
    IntentKind.CREATE_DRAFT,
    IntentKind.CREATE_ORDER,
)
DOCUMENTS: Final = (
    IntentKind.CREATE_DRAFT,
    IntentKind.UPDATE_DRAFT,
    IntentKind.DELETE_DRAFT,
    IntentKind.CREATE_ORDER,
    IntentKind.UPDATE_ORDER,
    IntentKind.DELETE_ORDER,
)
NEW_DOCUMENTS: Final = (IntentKind.CREATE_DRAFT, IntentKind.CREATE_ORDER)


def _one_of(column: str, values: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


def _none_of(column: str, values: Iterable[str]) -> str:
    return f"{column} NOT IN ({', '.join(repr(str(value)) for value in values)})"


metadata = sa.MetaData()

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False, comment="always 1: there is one row"),
    sa.Column("state_id", sa.Text, nullable=False, comment="names this state for ever, also after a copy"),
    sa.Column("created_at", UtcTime, nullable=False, comment="when the file was made, UTC"),
    sa.Column("app", sa.Text, nullable=False, comment="program and version that made the file"),
    sa.CheckConstraint("id = 1", name="meta_one_row"),
    comment="what this state is",
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True, comment="the run's id, as in logs and reports"),
    sa.Column("command", sa.Text, nullable=False, comment="the command's name, without its options"),
    sa.Column("started_at", UtcTime, nullable=False, comment="UTC"),
    sa.Column(
        "finished_at", UtcTime, comment="UTC; empty while it runs, and for ever when it was interrupted"
    ),
    sa.Column("status", words(RunStatus, name="runs_status"), comment="how it ended"),
    sa.Column("ended_by", sa.Text, comment="the code of the error that ended it before all was tried"),
    sa.Column("created", sa.Integer, nullable=False, comment="customers and drafts made"),
    sa.Column("updated", sa.Integer, nullable=False, comment="records changed"),
    sa.Column("deleted", sa.Integer, nullable=False, comment="drafts taken back"),
    sa.Column("unchanged", sa.Integer, nullable=False, comment="deals that needed nothing"),
    sa.Column("held", sa.Integer, nullable=False, comment="deals left for a person"),
    sa.Column("failed", sa.Integer, nullable=False, comment="actions refused or without an answer"),
    sa.CheckConstraint("(finished_at IS NULL) = (status IS NULL)", name="runs_end_has_status"),
    comment="every run that may have changed something",
)

seen_deals = sa.Table(
    "seen_deals",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True, comment="the run that decided about the deal"),
    sa.Column("deal_id", sa.Text, primary_key=True, comment="a deal that it held or left as it was"),
    sa.Column("outcome", words(SeenAs, name="seen_deals_outcome"), nullable=False, comment="which of both"),
    sa.Column("company", sa.Text, comment="the company's key of a held deal; empty without a route"),
    sa.Column("codes", sa.Text, nullable=False, comment="why it was held, with spaces between; else empty"),
    sa.Column("correlation_id", sa.Text, comment="the deal's correlation id, where it was told"),
    sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="seen_deals_run"),
    comment="what a run decided about deals that it wrote nothing for, kept for 90 days: ids and codes only",
)

intents = sa.Table(
    "intents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, comment="in the order in which they were recorded"),
    sa.Column(
        "kind", words(IntentKind, name="intents_kind"), nullable=False, comment="what is to be written"
    ),
    sa.Column("company", sa.Text, comment="the company's key; empty only when a deal has no route"),
    sa.Column(
        "subject",
        sa.Text,
        nullable=False,
        comment="the deal's id, the key of a customer or article to make, or the ledger's id of a customer to update",
    ),
    sa.Column("deal_id", sa.Text, nullable=False, comment="the deal, or the first one that needs it"),
    sa.Column("revision", sa.Integer, nullable=False, comment="counts a deal's documents, from 1"),
    sa.Column("state", words(IntentState, name="intents_state"), nullable=False, comment="where it stands"),
    sa.Column("payload_hash", sa.Text, nullable=False, comment="SHA-256 of what is to be sent, hexadecimal"),
    sa.Column("marker", sa.Text, comment="by which a lost reply is found again; always there for a create"),
    sa.Column("customer_id", sa.Text, comment="the draft's customer in the ledger, known before it is sent"),
    sa.Column("net", Amount, comment="the draft's net sum, decimal text in `currency`"),
    sa.Column("currency", sa.Text, comment="ISO 4217 code of `net`"),
    sa.Column("attempt", sa.Integer, nullable=False, comment="how often it was armed"),
    sa.Column("sent_at", UtcTime, comment="UTC; just before the first byte of the latest attempt"),
    sa.Column("remote_id", sa.Text, comment="the record's id on the other side, once known"),
    sa.Column("correlation_id", sa.Text, comment="one per deal and revision, the same in every run"),
    sa.Column("run_id", sa.Text, nullable=False, comment="the run that recorded it"),
    sa.Column("created_at", UtcTime, nullable=False, comment="UTC"),
    sa.Column(
        "updated_at", UtcTime, nullable=False, comment="UTC; when `state` last changed or was confirmed"
    ),
    sa.Column("source", sa.Text, comment="print of all that the deal said when this was planned"),
    sa.Column(
        "wrote",
        sa.Text,
        comment="what is sent, field by field, JSON: numbers and days as they are, words hashed",
    ),
    sa.Column("basis", sa.Text, comment="print of all that the write rests on, on both sides"),
    sa.Column(
        "gross",
        Amount,
        comment="what the draft was foretold to come to with VAT and rounding, decimal text in `currency`",
    ),
    sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="intents_run"),
    sa.CheckConstraint("revision >= 1", name="intents_revision"),
    sa.CheckConstraint("length(payload_hash) = 64", name="intents_payload_hash"),
    sa.CheckConstraint("kind = 'write_deal' OR company IS NOT NULL", name="intents_create_has_company"),
    sa.CheckConstraint("kind = 'write_deal' OR marker IS NOT NULL", name="intents_create_has_marker"),
    sa.CheckConstraint(
        "kind IN ('create_article', 'create_customer', 'update_customer') OR subject = deal_id",
        name="intents_subject_is_deal",
    ),
    sa.CheckConstraint(
        f"{_none_of('kind', DOCUMENTS)} OR (net IS NOT NULL AND currency IS NOT NULL)",
        name="intents_draft_has_net",
    ),
    sa.CheckConstraint(
        f"{_none_of('kind', DOCUMENTS)} OR state IN ('new', 'dropped') OR customer_id IS NOT NULL",
        name="intents_sent_draft_has_customer",
    ),
    sa.CheckConstraint("(attempt = 0) = (sent_at IS NULL)", name="intents_attempt_has_time"),
    sa.CheckConstraint("state IN ('new', 'dropped') OR attempt >= 1", name="intents_state_has_attempt"),
    sa.CheckConstraint(
        "kind = 'write_deal' OR state NOT IN ('done', 'adopted') OR remote_id IS NOT NULL",
        name="intents_made_has_id",
    ),
    comment="every write we meant to do, recorded before its first byte leaves",
)

_IS_LIVE_CREATE: Final = sa.text(f"{_one_of('kind', CREATES)} AND {_one_of('state', LIVE_STATES)}")
sa.Index(
    "intents_one_live_create",
    intents.c.company,
    intents.c.kind,
    intents.c.subject,
    intents.c.revision,
    unique=True,
    sqlite_where=_IS_LIVE_CREATE,
    postgresql_where=_IS_LIVE_CREATE,
)
_IS_LIVE_DOCUMENT: Final = sa.text(f"{_one_of('kind', NEW_DOCUMENTS)} AND {_one_of('state', LIVE_STATES)}")
sa.Index(
    "intents_one_live_document",  # the guard beneath all others: no deal ever has two documents, a draft and an order neither
    intents.c.company,
    intents.c.subject,
    intents.c.revision,
    unique=True,
    sqlite_where=_IS_LIVE_DOCUMENT,
    postgresql_where=_IS_LIVE_DOCUMENT,
)
sa.Index("intents_by_state", intents.c.state)
sa.Index("intents_by_run", intents.c.run_id)
sa.Index("intents_by_deal", intents.c.deal_id)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, comment="in the order in which things happened"),
    sa.Column("intent_id", sa.Integer, nullable=False, comment="whose history this is"),
    sa.Column("at", UtcTime, nullable=False, comment="UTC"),
    sa.Column("event", sa.Text, nullable=False, comment="`record`, or what happened to the intent"),
    sa.Column("from_state", words(IntentState, name="journal_from_state"), comment="empty for `record`"),
    sa.Column(
        "to_state", words(IntentState, name="journal_to_state"), nullable=False, comment="where it led"
    ),
    sa.Column("run_id", sa.Text, nullable=False, comment="the run in which it happened"),
    sa.Column("note", sa.Text, comment="a code or an id that explains it; never a record's values"),
    sa.ForeignKeyConstraint(["intent_id"], ["intents.id"], name="journal_intent"),
    sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="journal_run"),
    sa.CheckConstraint("(event = 'record') = (from_state IS NULL)", name="journal_begins_with_record"),
    comment="what happened to each intent; rows are added, never changed or removed",
)
sa.Index("journal_by_intent", journal.c.intent_id)

links = sa.Table(
    "links",
    metadata,
    sa.Column("company", sa.Text, primary_key=True, comment="the company's key"),
    sa.Column("deal_id", sa.Text, primary_key=True, comment="18 characters"),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False, comment="from 1"),
    sa.Column(
        "draft_id", sa.Text, nullable=False, comment="the draft we made; stays when it becomes an invoice"
    ),
    sa.Column("customer_id", sa.Text, nullable=False, comment="the ledger's id of who is invoiced"),
    sa.Column(
        "content", sa.Text, nullable=False, comment="print of what the deal said when the draft was made"
    ),
    sa.Column("correlation_id", sa.Text, nullable=False, comment="as on the intent"),
    sa.Column("net", Amount, nullable=False, comment="the net sum that we wrote, decimal text in `currency`"),
    sa.Column("currency", sa.Text, nullable=False, comment="ISO 4217 code of the document"),
    sa.Column("created_at", UtcTime, nullable=False, comment="when the draft was made, UTC"),
    sa.Column("invoice_id", sa.Text, comment="once the draft has been issued"),
    sa.Column("invoice_number", sa.Text, comment="the number that the ledger gave"),
    sa.Column("status", words(DealStatus, name="links_status"), nullable=False, comment="as sales sees it"),
    sa.Column("due_on", sa.Date, comment="a Swedish day, as the ledger tells it"),
    sa.Column("remaining", Amount, comment="what is left to pay, decimal text in `currency`"),
    sa.Column("code", sa.Text, comment="the hold or warning code that sales sees"),
    sa.Column("message", sa.Text, comment="our own sentence to it; ids and amounts, never names or numbers"),
    sa.Column(
        "source", sa.Text, comment="print of all that the deal said when the document was last written"
    ),
    sa.Column(
        "wrote",
        sa.Text,
        comment="what we wrote, field by field, JSON: numbers and days as they are, words hashed",
    ),
    sa.Column(
        "stood", sa.Text, comment="print of the whole draft as the ledger had it after our latest write"
    ),
    sa.Column(
        "target",
        words(Target, name="links_target"),
        nullable=False,
        comment="whether `draft_id` is that of a draft or of an order",
    ),
    sa.UniqueConstraint("company", "draft_id", name="links_one_deal_per_draft"),
    sa.CheckConstraint("revision >= 1", name="links_revision"),
    sa.CheckConstraint("invoice_number IS NULL OR invoice_id IS NOT NULL", name="links_number_has_invoice"),
    comment="a deal and the one document that stands for it",
)

customer_links = sa.Table(
    "customer_links",
    metadata,
    sa.Column("company", sa.Text, primary_key=True, comment="the company's key"),
    sa.Column(
        "buyer_id", sa.Text, primary_key=True, comment="the account in the CRM, or a contact without one"
    ),
    sa.Column(
        "currency",
        sa.Text,
        primary_key=True,
        comment="of the deals that it stands for; empty: whatever they are in",
    ),
    sa.Column("customer_id", sa.Text, nullable=False, comment="the customer in the ledger"),
    sa.Column("number", sa.Text, nullable=False, comment="the ledger's customer number"),
    sa.Column("evidence", sa.Text, nullable=False, comment="by what they were found to be the same: a word"),
    sa.Column("at", UtcTime, nullable=False, comment="when, UTC"),
    comment="a buyer in the CRM and the customer that stands for it in one company's ledger",
)

customer_bases = sa.Table(
    "customer_bases",
    metadata,
    sa.Column("company", sa.Text, primary_key=True, comment="the company's key"),
    sa.Column("customer_id", sa.Text, primary_key=True, comment="the customer in the ledger"),
    sa.Column("buyer_id", sa.Text, nullable=False, comment="the account in the CRM that speaks for it"),
    sa.Column(
        "prints",
        sa.Text,
        nullable=False,
        comment="JSON: per field a short print of either side's value when they last agreed; never the value",
    ),
    sa.Column("at", UtcTime, nullable=False, comment="when it was last changed, UTC"),
    comment="what both sides said about a customer when they last agreed: the base of a three-way merge",
)

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("deal_id", sa.Text, primary_key=True, comment="the deal that waits"),
    sa.Column("code", sa.Text, primary_key=True, comment="why"),
    sa.Column(
        "field", sa.Text, primary_key=True, comment="the CRM's name of the field; empty text when none"
    ),
    sa.Column("company", sa.Text, comment="the company's key; empty when there is no route"),
    sa.Column("first_seen", UtcTime, nullable=False, comment="since when it waits for this reason, UTC"),
    sa.Column("last_seen", UtcTime, nullable=False, comment="when the reason was last found to hold, UTC"),
    sa.Column("run_id", sa.Text, nullable=False, comment="the run that found it last"),
    sa.Column("correlation_id", sa.Text, comment="the deal's, as in logs, reports and the CRM"),
    comment="deals that wait for a person: ids and codes only",
)

review_reasons = sa.Table(
    "review_reasons",
    metadata,
    sa.Column("deal_id", sa.Text, primary_key=True, comment="the deal that waits"),
    sa.Column("reason", sa.Text, nullable=False, comment="print of why it waits, SHA-256, hexadecimal"),
    comment="why each deal was last found to wait, so that a changed reason is seen",
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, comment="in the order in which they were decided"),
    sa.Column(
        "deal_id",
        sa.Text,
        nullable=False,
        comment="18 characters; or a document without a Deal, as company:id",
    ),
    sa.Column(
        "event",
        sa.Enum(
            "assigned",
            "resolved",
            "reopened",
            "accepted",
            "unaccepted",
            name="reviews_event",
            native_enum=False,
            create_constraint=True,
            length=32,
        ),
        nullable=False,
        comment="what was decided",
    ),
    sa.Column("at", UtcTime, nullable=False, comment="when, UTC"),
    sa.Column("who", sa.Text, nullable=False, comment="the operator's login name, or the run's id"),
    sa.Column("words", sa.Text, comment="the note, or to whom; as written, numbers of persons masked"),
    sa.Column("reason", sa.Text, comment="print of the reasons, or of the document, that were settled"),
    sa.CheckConstraint("event = 'reopened' OR words IS NOT NULL", name="reviews_has_words"),
    sa.CheckConstraint(
        "(event IN ('resolved', 'accepted')) = (reason IS NOT NULL)", name="reviews_resolved_has_reason"
    ),
    comment="what people decided about held deals, and documents without one; rows are added, never changed or removed",
)
sa.Index("reviews_by_deal", reviews.c.deal_id)

receivables = sa.Table(
    "receivables",
    metadata,
    sa.Column("company", sa.Text, primary_key=True, comment="the company's key"),
    sa.Column("invoice_id", sa.Text, primary_key=True, comment="the ledger's id"),
    sa.Column("customer_id", sa.Text, nullable=False, comment="the ledger's id of who is invoiced"),
    sa.Column("number", sa.Text, nullable=False, comment="the number that the ledger gave"),
    sa.Column("issued_on", sa.Date, nullable=False, comment="a Swedish day"),
    sa.Column("due_on", sa.Date, comment="a Swedish day"),
    sa.Column("last_payment_on", sa.Date, comment="a Swedish day; of a part payment too"),
    sa.Column("currency", sa.Text, nullable=False, comment="ISO 4217 code of the document"),
    sa.Column("net", Amount, nullable=False, comment="in `currency`, negative on a credit note"),
    sa.Column("vat", Amount, nullable=False, comment="likewise"),
    sa.Column("rounding", Amount, nullable=False, comment="likewise"),
    sa.Column("gross", Amount, nullable=False, comment="likewise: net + vat + rounding"),
    sa.Column("remaining", Amount, nullable=False, comment="in `currency`, without sign"),
    sa.Column("credited", Amount, nullable=False, comment="in `currency`, without sign"),
    sa.Column("gross_in_books", Amount, nullable=False, comment="in the currency of the books, signed"),
    sa.Column("remaining_in_books", Amount, nullable=False, comment="in the currency of the books, signed"),
    sa.Column("rate", Amount, comment="books' currency per unit of `currency`"),
    sa.Column("ocr", sa.Text, comment="the payment reference"),
    sa.Column("is_overdue", sa.Boolean, nullable=False, comment="the ledger's own flag when it was read"),
    sa.Column("is_credit_note", sa.Boolean, nullable=False, comment="whether it credits"),
    sa.Column("credits_id", sa.Text, comment="the invoice that it credits"),
    comment="every invoice as it was last read: numbers, days and amounts, never a name or a text",
)

mirrored = sa.Table(
    "mirrored",
    metadata,
    sa.Column(
        "kind",
        sa.Enum(
            "invoice",
            "account",
            "attachment",
            "partner_link",
            name="mirrored_kind",
            native_enum=False,
            create_constraint=True,
            length=32,
        ),
        primary_key=True,
        comment="what the record is",
    ),
    sa.Column(
        "key",
        sa.Text,
        primary_key=True,
        comment="the invoice's external id, the account's id, or a draft's company and id",
    ),
    sa.Column("document", sa.Text, nullable=False, comment="ids, numbers, days and amounts, JSON"),
    sa.Column("at", UtcTime, nullable=False, comment="when, UTC"),
    comment="what the CRM shows of invoices and accounts, and the ledger of deals, as it was last told or last said",
)

cursors = sa.Table(
    "cursors",
    metadata,
    sa.Column("feed", sa.Text, primary_key=True, comment="what is read"),
    sa.Column("at", UtcTime, nullable=False, comment="read up to here by the remote system's own clock, UTC"),
    sa.Column("updated_at", UtcTime, nullable=False, comment="when it was moved, UTC"),
    comment="how far each feed has been read; inclusive, so the last record is read again",
)

catalog = sa.Table(
    "catalog",
    metadata,
    sa.Column("key", sa.Text, primary_key=True, comment="what was described"),
    sa.Column("document", sa.Text, nullable=False, comment="the description, JSON"),
    sa.Column("saved_at", UtcTime, nullable=False, comment="when it was read, UTC"),
    comment="descriptions that need not be read in every run: fields, articles, terms; never customers",
)

link_events = sa.Table(
    "link_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, comment="in the order in which they were decided"),
    sa.Column("at", UtcTime, nullable=False, comment="when, UTC"),
    sa.Column("who", sa.Text, nullable=False, comment="the operator's login name"),
    sa.Column("run_id", sa.Text, nullable=False, comment="the run in which it was decided"),
    sa.Column("company", sa.Text, nullable=False, comment="the company's key"),
    sa.Column("buyer_id", sa.Text, nullable=False, comment="the account in the CRM"),
    sa.Column("before_id", sa.Text, comment="the customer in the ledger that it was linked to"),
    sa.Column("after_id", sa.Text, comment="the customer that it is linked to since; empty when parted"),
    sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="link_events_run"),
    sa.CheckConstraint("before_id IS NOT NULL OR after_id IS NOT NULL", name="link_events_says_something"),
    comment="links that people made, changed or took away; rows are added, never changed or removed",
)
sa.Index("link_events_by_buyer", link_events.c.company, link_events.c.buyer_id)

configurations = sa.Table(
    "configurations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, comment="in the order in which they came into force"),
    sa.Column("first_used", UtcTime, nullable=False, comment="when the first run under it began, UTC"),
    sa.Column("run_id", sa.Text, nullable=False, comment="that run"),
    sa.Column(
        "config", sa.Text, nullable=False, comment="the configuration's checksum, SHA-256, hexadecimal"
    ),
    sa.Column("app", sa.Text, nullable=False, comment="program and version"),
    sa.Column("who", sa.Text, nullable=False, comment="the login name that it ran under"),
    sa.CheckConstraint("length(config) = 64", name="configurations_config"),
    comment="which configuration and program was in force from when; rows are added, never changed or removed",
)

shown_events = sa.Table(
    "shown_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, comment="in the order in which they were saved"),
    sa.Column("at", UtcTime, nullable=False, comment="when, UTC"),
    sa.Column("run_id", sa.Text, nullable=False, comment="the run that wrote it"),
    sa.Column("kind", sa.Text, nullable=False, comment="`invoice` or `account`, as in `mirrored`"),
    sa.Column("key", sa.Text, nullable=False, comment="the invoice's external id, or the account's id"),
    sa.Column("payload_hash", sa.Text, nullable=False, comment="SHA-256 of what was written, hexadecimal"),
    sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="shown_events_run"),
    comment="every record in the CRM that shows an invoice or what an account owes, each time it was written; rows are only added",
)

search_lags = sa.Table(
    "search_lags",
    metadata,
    sa.Column(
        "intent_id",
        sa.Integer,
        primary_key=True,
        autoincrement=False,
        comment="the create of the document that was looked for",
    ),
    sa.Column(
        "made_at", UtcTime, comment="the ledger's stamp on the document, UTC; empty until it is first seen"
    ),
    sa.Column(
        "seen_at",
        UtcTime,
        comment="the ledger's time after the first reading of its list that showed it, UTC",
    ),
    sa.Column(
        "absent_at",
        UtcTime,
        comment="the ledger's time after the latest reading that did not, UTC; empty when it was there at once",
    ),
    sa.ForeignKeyConstraint(["intent_id"], ["intents.id"], name="search_lags_intent"),
    sa.CheckConstraint("(made_at IS NULL) = (seen_at IS NULL)", name="search_lags_seen_is_made"),
    sa.CheckConstraint("seen_at IS NOT NULL OR absent_at IS NOT NULL", name="search_lags_was_looked_for"),
    comment="how soon the ledgers' lists showed what we made, which settle_minutes below 10 rests on; 90 days",
)

VIEWS: Final = {
    "v_runs": """
    SELECT run_id, command, started_at, finished_at, COALESCE(status, 'unfinished') AS status,
           created, updated, deleted, unchanged, held, failed, ended_by
    FROM runs
""",
    "v_deals": """
    SELECT l.deal_id, l.company, l.revision, l.status, l.draft_id, l.invoice_number, l.net, l.currency, l.due_on,
           l.remaining, l.code, l.created_at AS since, l.correlation_id
    FROM links AS l
    WHERE NOT EXISTS (SELECT 1 FROM links AS newer WHERE newer.deal_id = l.deal_id AND newer.revision > l.revision)
    UNION ALL
    SELECT h.deal_id, MAX(h.company), NULL, 'Held', NULL, NULL, NULL, NULL, NULL,
           NULL, MIN(h.code), MIN(h.first_seen), MAX(h.correlation_id)
    FROM holds AS h
    WHERE NOT EXISTS (SELECT 1 FROM links AS l WHERE l.deal_id = h.deal_id)
    GROUP BY h.deal_id
""",
    "v_errors": """
    SELECT 'held' AS what, deal_id, company, NULL AS kind, code, field, first_seen AS since, run_id
    FROM holds
    UNION ALL
    SELECT i.state, i.deal_id, i.company, i.kind,
           (SELECT j.note FROM journal AS j WHERE j.intent_id = i.id ORDER BY j.id DESC LIMIT 1), NULL, i.updated_at, i.run_id
    FROM intents AS i
    WHERE i.state IN ('sent', 'review', 'refused')
      AND NOT EXISTS (SELECT 1 FROM intents AS newer WHERE newer.kind = i.kind AND newer.company = i.company
                      AND newer.subject = i.subject AND newer.id > i.id)
""",
}
"""For people who ask the file with SQL of their own: what each run did, how each deal stands, and what waits or failed.

`v_deals` has the latest document of each deal, and deals that are held without one. `v_errors` has every hold, and every
write that was refused, has no known outcome or waits for a person's judgement, unless a later one took its place. Nothing
in the program reads them.
"""


def _create_views(_metadata: sa.MetaData, connection: sa.Connection, **_more: object) -> None:
    for name, view in VIEWS.items():
        connection.execute(sa.text(f"CREATE VIEW {name} AS {view}"))


sa.event.listen(metadata, "after_create", _create_views)
