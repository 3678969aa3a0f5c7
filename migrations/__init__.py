"""The record's history: Alembic scripts, dated, the same on SQLite and on Postgres."""
