"""The model as it is packaged: encoding, scorer, calibration, decision by money, reasons.

It knows no pipeline, so that it loads wherever MLflow loads it.
"""
