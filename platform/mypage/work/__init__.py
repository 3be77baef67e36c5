"""Work that waits for a person: one queue per tenant, whatever kind the work is of."""
