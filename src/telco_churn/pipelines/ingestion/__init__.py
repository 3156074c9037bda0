"""Turn raw operator tables into trusted primary tables."""
