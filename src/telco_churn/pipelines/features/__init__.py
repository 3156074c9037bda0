"""Describes customers as they were known on a date."""
