"""Training examples in memory, and how they are split by time."""
