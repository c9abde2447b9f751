"""Who signs in with a password that somebody else has seen, and must choose one of their own"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("must_choose_password", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("users", column)


def downgrade() -> None:
    op.drop_column("users", "must_choose_password")
