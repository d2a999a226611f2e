"""Today's tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None

INTENT_STATES = ("new", "sent", "done", "adopted", "refused", "review", "dropped")
UTC = sa.DateTime(timezone=True)

VIEWS = {
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


def words(*values: str, name: str) -> sa.Enum:
    """Text that is one of the values."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Make them."""
    meta = op.create_table(
        "meta",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state_id", sa.Text, nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.CheckConstraint("id = 1", name="meta_one_row"),
    )
    op.bulk_insert(meta, [{"id": 1, **context.config.attributes["birth"]}])
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("started_at", UTC, nullable=False),
        sa.Column("finished_at", UTC),
        sa.Column("status", words("ok", "partial", "failed", name="runs_status")),
        sa.Column("ended_by", sa.Text),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("updated", sa.Integer, nullable=False),
        sa.Column("deleted", sa.Integer, nullable=False),
        sa.Column("unchanged", sa.Integer, nullable=False),
        sa.Column("held", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.CheckConstraint("(finished_at IS NULL) = (status IS NULL)", name="runs_end_has_status"),
    )
    op.create_table(
        "intents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "kind",
            words(
                "create_article",
                "create_customer",
                "update_customer",
                "create_draft",
                "update_draft",
                "delete_draft",
                "create_order",
                "update_order",
                "delete_order",
                "write_deal",
                name="intents_kind",
            ),
            nullable=False,
        ),
        sa.Column("company", sa.Text),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("deal_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", words(*INTENT_STATES, name="intents_state"), nullable=False),
        sa.Column("payload_hash", sa.Text, nullable=False),
        sa.Column("marker", sa.Text),
        sa.Column("customer_id", sa.Text),
        sa.Column("net", sa.Text),
        sa.Column("currency", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("sent_at", UTC),
        sa.Column("remote_id", sa.Text),
        sa.Column("correlation_id", sa.Text),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("updated_at", UTC, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("wrote", sa.Text),
        sa.Column("basis", sa.Text),
        sa.Column("gross", sa.Text),
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
            "kind NOT IN ('create_draft', 'update_draft', 'delete_draft', 'create_order', 'update_order', 'delete_order') OR (net IS NOT NULL AND currency IS NOT NULL)",
            name="intents_draft_has_net",
        ),
        sa.CheckConstraint(
            "kind NOT IN ('create_draft', 'update_draft', 'delete_draft', 'create_order', 'update_order', 'delete_order') OR state IN ('new', 'dropped') OR customer_id IS NOT NULL",
            name="intents_sent_draft_has_customer",
        ),
        sa.CheckConstraint("(attempt = 0) = (sent_at IS NULL)", name="intents_attempt_has_time"),
        sa.CheckConstraint("state IN ('new', 'dropped') OR attempt >= 1", name="intents_state_has_attempt"),
        sa.CheckConstraint(
            "kind = 'write_deal' OR state NOT IN ('done', 'adopted') OR remote_id IS NOT NULL",
            name="intents_made_has_id",
        ),
    )
    op.create_index("intents_by_deal", "intents", ["deal_id"])
    op.create_index("intents_by_run", "intents", ["run_id"])
    op.create_index("intents_by_state", "intents", ["state"])
    where = sa.text(
        "kind IN ('create_article', 'create_customer', 'create_draft', 'create_order') AND state IN ('new', 'sent', 'review', 'done', 'adopted')"
    )
    op.create_index(
        "intents_one_live_create",
        "intents",
        ["company", "kind", "subject", "revision"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    where = sa.text(
        "kind IN ('create_draft', 'create_order') AND state IN ('new', 'sent', 'review', 'done', 'adopted')"
    )
    op.create_index(
        "intents_one_live_document",
        "intents",
        ["company", "subject", "revision"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("intent_id", sa.Integer, nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("from_state", words(*INTENT_STATES, name="journal_from_state")),
        sa.Column("to_state", words(*INTENT_STATES, name="journal_to_state"), nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.ForeignKeyConstraint(["intent_id"], ["intents.id"], name="journal_intent"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="journal_run"),
        sa.CheckConstraint("(event = 'record') = (from_state IS NULL)", name="journal_begins_with_record"),
    )
    op.create_index("journal_by_intent", "journal", ["intent_id"])
    op.create_table(
        "links",
        sa.Column("company", sa.Text, primary_key=True),
        sa.Column("deal_id", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("draft_id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.Column("net", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("invoice_id", sa.Text),
        sa.Column("invoice_number", sa.Text),
        sa.Column(
            "status",
            words(
                "Held",
                "Draft",
                "Issued",
                "Partly Paid",
                "Paid",
                "Overdue",
                "Partly Credited",
                "Credited",
                "Deleted",
                "Error",
                name="links_status",
            ),
            nullable=False,
        ),
        sa.Column("due_on", sa.Date),
        sa.Column("remaining", sa.Text),
        sa.Column("code", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("source", sa.Text),
        sa.Column("wrote", sa.Text),
        sa.Column("stood", sa.Text),
        sa.Column("target", words("draft", "order", name="links_target"), nullable=False),
        sa.UniqueConstraint("company", "draft_id", name="links_one_deal_per_draft"),
        sa.CheckConstraint("revision >= 1", name="links_revision"),
        sa.CheckConstraint(
            "invoice_number IS NULL OR invoice_id IS NOT NULL", name="links_number_has_invoice"
        ),
    )
    op.create_table(
        "customer_links",
        sa.Column("company", sa.Text, primary_key=True),
        sa.Column("buyer_id", sa.Text, primary_key=True),
        sa.Column("currency", sa.Text, primary_key=True),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("at", UTC, nullable=False),
    )
    op.create_table(
        "customer_bases",
        sa.Column("company", sa.Text, primary_key=True),
        sa.Column("customer_id", sa.Text, primary_key=True),
        sa.Column("buyer_id", sa.Text, nullable=False),
        sa.Column("prints", sa.Text, nullable=False),
        sa.Column("at", UTC, nullable=False),
    )
    op.create_table(
        "holds",
        sa.Column("deal_id", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("field", sa.Text, primary_key=True),
        sa.Column("company", sa.Text),
        sa.Column("first_seen", UTC, nullable=False),
        sa.Column("last_seen", UTC, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.Text),
    )
    op.create_table(
        "review_reasons",
        sa.Column("deal_id", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("deal_id", sa.Text, nullable=False),
        sa.Column(
            "event",
            words("assigned", "resolved", "reopened", "accepted", "unaccepted", name="reviews_event"),
            nullable=False,
        ),
        sa.Column("at", UTC, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("words", sa.Text),
        sa.Column("reason", sa.Text),
        sa.CheckConstraint("event = 'reopened' OR words IS NOT NULL", name="reviews_has_words"),
        sa.CheckConstraint(
            "(event IN ('resolved', 'accepted')) = (reason IS NOT NULL)", name="reviews_resolved_has_reason"
        ),
    )
    op.create_index("reviews_by_deal", "reviews", ["deal_id"])
    op.create_table(
        "receivables",
        sa.Column("company", sa.Text, primary_key=True),
        sa.Column("invoice_id", sa.Text, primary_key=True),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("last_payment_on", sa.Date),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("net", sa.Text, nullable=False),
        sa.Column("vat", sa.Text, nullable=False),
        sa.Column("rounding", sa.Text, nullable=False),
        sa.Column("gross", sa.Text, nullable=False),
        sa.Column("remaining", sa.Text, nullable=False),
        sa.Column("credited", sa.Text, nullable=False),
        sa.Column("gross_in_books", sa.Text, nullable=False),
        sa.Column("remaining_in_books", sa.Text, nullable=False),
        sa.Column("rate", sa.Text),
        sa.Column("ocr", sa.Text),
        sa.Column("is_overdue", sa.Boolean, nullable=False),
        sa.Column("is_credit_note", sa.Boolean, nullable=False),
        sa.Column("credits_id", sa.Text),
    )
    op.create_table(
        "mirrored",
        sa.Column(
            "kind",
            words("invoice", "account", "attachment", "partner_link", name="mirrored_kind"),
            primary_key=True,
        ),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("at", UTC, nullable=False),
    )
    op.create_table(
        "cursors",
        sa.Column("feed", sa.Text, primary_key=True),
        sa.Column("at", UTC, nullable=False),
        sa.Column("updated_at", UTC, nullable=False),
    )
    op.create_table(
        "catalog",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("saved_at", UTC, nullable=False),
    )
    op.create_table(
        "link_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", UTC, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("company", sa.Text, nullable=False),
        sa.Column("buyer_id", sa.Text, nullable=False),
        sa.Column("before_id", sa.Text),
        sa.Column("after_id", sa.Text),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="link_events_run"),
        sa.CheckConstraint(
            "before_id IS NOT NULL OR after_id IS NOT NULL", name="link_events_says_something"
        ),
    )
    op.create_index("link_events_by_buyer", "link_events", ["company", "buyer_id"])
    op.create_table(
        "configurations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("first_used", UTC, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.CheckConstraint("length(config) = 64", name="configurations_config"),
    )
    op.create_table(
        "shown_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", UTC, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("payload_hash", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="shown_events_run"),
    )
    op.create_table(
        "search_lags",
        sa.Column("intent_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("made_at", UTC),
        sa.Column("seen_at", UTC),
        sa.Column("absent_at", UTC),
        sa.ForeignKeyConstraint(["intent_id"], ["intents.id"], name="search_lags_intent"),
        sa.CheckConstraint("(made_at IS NULL) = (seen_at IS NULL)", name="search_lags_seen_is_made"),
        sa.CheckConstraint("seen_at IS NOT NULL OR absent_at IS NOT NULL", name="search_lags_was_looked_for"),
    )
    op.create_table(
        "seen_deals",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("deal_id", sa.Text, primary_key=True),
        sa.Column("outcome", words("held", "unchanged", name="seen_deals_outcome"), nullable=False),
        sa.Column("company", sa.Text),
        sa.Column("codes", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.Text),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="seen_deals_run"),
    )
    for name, view in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {view}")
