"""Kedro datasets of tables: in files, in an engine, one commit a date."""
