"""What is about Postgres' connections alone is not collected on SQLite."""

from tests.environment import ON_SQLITE

collect_ignore = ["test_postgres.py"] if ON_SQLITE else []
