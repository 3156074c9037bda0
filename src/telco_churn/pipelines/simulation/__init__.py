"""Simulate a sample operator whose true churn hazard is known."""
