"""The first tables: runs, intents and their journal, links, holds, cursors, catalog."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None

INTENT_STATES = ("new", "sent", "done", "adopted", "refused", "review", "dropped")
UTC = sa.DateTime(timezone=True)


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
            words("create_customer", "create_draft", "write_deal", name="intents_kind"),
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
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="intents_run"),
        sa.CheckConstraint("revision >= 1", name="intents_revision"),
        sa.CheckConstraint("length(payload_hash) = 64", name="intents_payload_hash"),
        sa.CheckConstraint("kind = 'write_deal' OR company IS NOT NULL", name="intents_create_has_company"),
        sa.CheckConstraint("kind = 'write_deal' OR marker IS NOT NULL", name="intents_create_has_marker"),
        sa.CheckConstraint("kind = 'create_customer' OR subject = deal_id", name="intents_subject_is_deal"),
        sa.CheckConstraint(
            "kind <> 'create_draft' OR (net IS NOT NULL AND currency IS NOT NULL)",
            name="intents_draft_has_net",
        ),
        sa.CheckConstraint(
            "kind <> 'create_draft' OR state IN ('new', 'dropped') OR customer_id IS NOT NULL",
            name="intents_sent_draft_has_customer",
        ),
        sa.CheckConstraint("(attempt = 0) = (sent_at IS NULL)", name="intents_attempt_has_time"),
        sa.CheckConstraint("state IN ('new', 'dropped') OR attempt >= 1", name="intents_state_has_attempt"),
        sa.CheckConstraint(
            "kind = 'write_deal' OR state NOT IN ('done', 'adopted') OR remote_id IS NOT NULL",
            name="intents_made_has_id",
        ),
    )
    live = sa.text(
        "kind IN ('create_customer', 'create_draft') AND state IN ('new', 'sent', 'review', 'done', 'adopted')"
    )
    op.create_index(
        "intents_one_live_create",
        "intents",
        ["company", "kind", "subject", "revision"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_index("intents_by_state", "intents", ["state"])
    op.create_index("intents_by_run", "intents", ["run_id"])
    op.create_index("intents_by_deal", "intents", ["deal_id"])
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
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
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
