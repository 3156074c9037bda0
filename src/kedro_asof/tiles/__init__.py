"""Aggregates of an event table by week, kept on disk, so that a date does not read all its rows.

`tile` makes them, `log` says which are still right, and `datasets.tile_table` keeps them.
"""
