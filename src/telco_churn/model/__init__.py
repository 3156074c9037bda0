"""The packaged model: encoding, scorer, calibration, decision, reasons.

This package imports no pipeline, so the model can be loaded without the project.
"""
