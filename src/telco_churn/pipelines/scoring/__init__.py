"""Gives every active customer a score, and reasons to those worth a contact."""
