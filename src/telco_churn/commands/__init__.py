"""The project's own commands beside `kedro run`."""
