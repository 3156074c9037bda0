"""Model metrics: weighted rankings, campaign profit, and the table of all metrics."""
