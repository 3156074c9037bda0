"""Reads a user's flat table into what training and scoring read."""
