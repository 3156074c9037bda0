"""Telco Churn: from raw operator tables to customers scored for churn."""

__version__ = "0.1.0"
