"""The way from the console into a customer's portal, to see it as the customer does."""
