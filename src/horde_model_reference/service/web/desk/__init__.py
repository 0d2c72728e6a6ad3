"""Pages of people who signed in: the queue, decisions, their own changes, the audit log."""
