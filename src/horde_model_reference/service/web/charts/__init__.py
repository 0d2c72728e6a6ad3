"""Pages that draw what tables say."""
