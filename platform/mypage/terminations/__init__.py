"""The end of a contract that its holder asks for: what ends, from when, what it may cost, and what remains until then."""
