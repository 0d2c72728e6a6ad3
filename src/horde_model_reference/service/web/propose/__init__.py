"""Forms that make proposals."""
