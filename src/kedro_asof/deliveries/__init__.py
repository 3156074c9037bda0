"""Deliveries: files of an event table that arrive one after another and are ingested once each.

A Delta table, partitioned by the month of the event, holds the trusted rows. Its log records which
files it was made of, so that a run reads only the files that are new.
"""
