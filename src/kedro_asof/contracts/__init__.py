"""Table contracts that the engine checks in one pass."""
