"""Drafts can be taken back, and their deletion is journaled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sfspiris.state.migrations.rebuilding import rebuild

revision = "0007"
down_revision = "0006"

INTENT_STATES = ("new", "sent", "done", "adopted", "refused", "review", "dropped")
KINDS = (
    "create_article",
    "create_customer",
    "update_customer",
    "create_draft",
    "update_draft",
    "delete_draft",
    "create_order",
    "write_deal",
)
UTC = sa.DateTime(timezone=True)


def words(*values: str, name: str) -> sa.Enum:
    """Text that is one of the values."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Make the tables of intents and their journal anew, with their rows."""
    rebuild(("intents", "journal"), _intents_and_journal)


def _intents_and_journal() -> None:
    op.create_table(
        "intents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "kind",
            words(*KINDS, name="intents_kind"),
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
            "kind NOT IN ('create_draft', 'update_draft', 'delete_draft', 'create_order') OR (net IS NOT NULL AND currency IS NOT NULL)",
            name="intents_draft_has_net",
        ),
        sa.CheckConstraint(
            "kind NOT IN ('create_draft', 'update_draft', 'delete_draft', 'create_order') OR state IN ('new', 'dropped') OR customer_id IS NOT NULL",
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
        "kind IN ('create_article', 'create_customer', 'create_draft', 'create_order') AND state IN ('new', 'sent', 'review', 'done', 'adopted')"
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
