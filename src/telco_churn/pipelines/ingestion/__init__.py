"""Turns raw operator tables into trusted ones."""
