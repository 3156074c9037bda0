"""The starter of this project for `kedro new`, made from its own files by `make starter`."""
