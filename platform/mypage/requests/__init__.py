"""Requests (依頼): forms that customers fill in and staff handle, with their numbers, states and history."""
