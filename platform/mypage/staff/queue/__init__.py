"""The work queue of staff: lists, one item with everything about it, and what can be done with it."""
