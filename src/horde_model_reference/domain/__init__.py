"""What the words mean: categories, records, licences, changes and their rules; no I/O."""
