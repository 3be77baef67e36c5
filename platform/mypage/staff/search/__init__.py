"""One box that finds customers by whatever a caller says of themselves."""
