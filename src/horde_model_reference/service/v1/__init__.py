"""API version 1: the legacy format, as existing workers read it."""
