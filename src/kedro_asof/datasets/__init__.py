"""Kedro datasets for tables in files, in an engine, or with one commit per date."""
