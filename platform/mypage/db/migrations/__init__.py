"""Migrations: one statement per call, tenant tables through `tenant_table` so that none lacks its row security."""
