"""How many messages of a batch are made, so that a page can say so while it goes on"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batches", sa.Column("messages_made", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("batches", "messages_made")
