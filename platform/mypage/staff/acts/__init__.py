"""What staff do for a customer who called: each with a reason, after a page that says what will happen to whom."""
