"""What readers read: immutable snapshots of every category."""
