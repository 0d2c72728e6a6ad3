"""Where snapshots come from, apart from the store."""
