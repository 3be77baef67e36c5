"""Who works for a tenant, and in which role: seen by its managers, and changed by two of them."""
