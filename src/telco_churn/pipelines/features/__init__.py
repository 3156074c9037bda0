"""Describe customers with what was known before a date."""
