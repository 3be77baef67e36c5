"""The console of the people behind the portals: one for all operators, in a tenant of its own."""
