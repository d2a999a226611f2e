"""What the ledgers said of their invoices, and what the CRM was told of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the two tables."""
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
    kind = sa.Enum(
        "invoice", "account", name="mirrored_kind", native_enum=False, create_constraint=True, length=32
    )
    op.create_table(
        "mirrored",
        sa.Column("kind", kind, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
