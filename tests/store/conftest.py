from postgres_server import new_store, new_url, postgres, sqlite_template, store

__all__ = ["new_store", "new_url", "postgres", "sqlite_template", "store"]
