"""Everything qbsync remembers, and the only SQL: SQLite by default, PostgreSQL for many processes."""
