"""The database of a PRIMARY: every version of every record, on SQLite or PostgreSQL."""
