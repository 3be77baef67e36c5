"""Forms that customers filed: in the queue, printed, exported, with their files."""
