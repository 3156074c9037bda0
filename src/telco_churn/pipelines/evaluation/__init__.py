"""Judges a candidate: metrics with intervals, slices, money, the champion, plots."""
