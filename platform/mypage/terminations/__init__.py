"""The end of a contract that its holder asks for: what ends and when, what it may cost, what remains until then."""
