"""Kedro datasets of this project that no library has."""
