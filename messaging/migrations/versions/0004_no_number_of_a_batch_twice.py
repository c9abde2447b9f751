"""The number of a draft that was deleted is never given to another batch: an old page must not mean a new one"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rebuild(autoincrement=True)


def downgrade() -> None:
    _rebuild(autoincrement=False)


def _rebuild(*, autoincrement: bool) -> None:
    """PostgreSQL's sequences have never given a number twice."""
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("batches", recreate="always", table_kwargs={"sqlite_autoincrement": autoincrement}):
            pass
