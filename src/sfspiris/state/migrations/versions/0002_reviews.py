"""What people decide about held deals, and why each deal was last found to wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "review_reasons",
        sa.Column("deal_id", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
    )
    event = sa.Enum(
        "assigned",
        "resolved",
        "reopened",
        name="reviews_event",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("deal_id", sa.Text, nullable=False),
        sa.Column("event", event, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("words", sa.Text),
        sa.Column("reason", sa.Text),
        sa.CheckConstraint("event = 'reopened' OR words IS NOT NULL", name="reviews_has_words"),
        sa.CheckConstraint("(event = 'resolved') = (reason IS NOT NULL)", name="reviews_resolved_has_reason"),
    )
    op.create_index("reviews_by_deal", "reviews", ["deal_id"])
