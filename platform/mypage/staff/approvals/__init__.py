"""What cannot be undone: one person proposes it, another one confirms what they see (four eyes)."""
