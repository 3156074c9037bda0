"""Reads somebody's flat table into the shape that training and scoring know."""
