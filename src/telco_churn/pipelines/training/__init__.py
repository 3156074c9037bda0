"""Trains a model, judges it, and hands it to the gate."""
