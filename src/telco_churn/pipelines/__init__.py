"""Pipelines, one folder each: pure functions and their wiring; they share only the catalog."""
