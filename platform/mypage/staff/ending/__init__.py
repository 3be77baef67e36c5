"""Ending a contract for a customer: proposed by one person, confirmed by another."""
