"""The commands of this project in addition to `kedro run`."""
