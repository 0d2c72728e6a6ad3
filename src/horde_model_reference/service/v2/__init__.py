"""API version 2: the current format."""
