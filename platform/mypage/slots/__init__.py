"""Numbered slots of a contract, such as mail accounts, and the applications about them that are processed later."""
