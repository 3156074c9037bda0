"""A figure in a file; apart from the other reports, because its import takes half a second."""

from kedro_datasets.matplotlib import MatplotlibDataset

from kedro_asof.datasets.replaced_files import ReplacedFile


class FigureFile(ReplacedFile, MatplotlibDataset):  # type: ignore[misc]
    """`matplotlib.MatplotlibDataset` that replaces its file as a whole."""
