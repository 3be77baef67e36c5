"""Writing notices to customers, and sending them by mail."""
