"""How good a model is: rows ranked and weighted, campaigns, and the one table of metrics."""
