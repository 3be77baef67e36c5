"""Reading the trail: who did what, when, to what, and whether it is as it was written."""
