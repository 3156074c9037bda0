"""Kedro runs for a date: engines, dated tables, contracts, point-in-time windows, locks."""
