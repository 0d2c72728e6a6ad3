"""Bytes and mappings to records and back: v2, the legacy files, the text CSV; no I/O."""
