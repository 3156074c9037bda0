"""Contracts of tables, checked inside the engine in one pass."""
