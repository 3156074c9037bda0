"""Draw keys of a project's tables, and write their rows to an environment of its own."""
