"""Secrets of lines, shown to staff one at a time."""
