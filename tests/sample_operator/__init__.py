"""凪ネット (nagi): an invented operator for tests and for docs/writing-a-plugin.md. It is never installed."""
