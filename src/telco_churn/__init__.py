"""Telco Churn: from raw operator tables to customers scored for churn."""

import os

__version__ = "0.2.0"

# LightGBM's threads wait actively by default: beside other work on the same cores, it takes many
# times longer. OpenMP reads this when LightGBM is imported, which every process does after this
# package: a run, its workers, and one that serves a packaged model. A value that is set stays.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
