"""A single amount on a customer's bill, given or taken by hand: proposed by one person, confirmed by another."""
