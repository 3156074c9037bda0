"""Decides about a candidate, packages it with its card, and moves the champion."""
