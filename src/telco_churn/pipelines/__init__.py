"""One folder a pipeline: nodes.py is pure, pipeline.py wires. They meet in the catalog alone."""
