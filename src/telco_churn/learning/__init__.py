"""How models are fitted: examples in memory, learners, calibration, and the baselines to beat."""
