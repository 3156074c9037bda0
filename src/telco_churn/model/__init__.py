"""The model as it is packaged: encoding, probability, calibration, decision by money, reasons.

It knows no pipeline, so that it loads wherever MLflow loads it.
"""
