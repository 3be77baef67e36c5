"""What staff see of one customer: who it is, what there is, and everything that happened."""
