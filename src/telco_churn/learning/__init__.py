"""Model fitting: training examples in memory, learners, calibration, and baselines."""
