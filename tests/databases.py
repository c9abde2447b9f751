"""`@BOTH` runs a test on SQLite and on PostgreSQL: everything under the `settings` fixture follows."""

import pytest

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
