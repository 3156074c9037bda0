"""Evaluate a candidate: metrics with intervals, slices, profit, champion comparison, plots."""
