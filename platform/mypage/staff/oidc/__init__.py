"""Signing in to the console through the company that a staff member works for (OpenID Connect)."""
