"""Runs `kedro` and measures where the seconds go: `python kedro_clock.py run ...`.

In: the arguments of `kedro`. Out: a last line with the seconds of each part, as JSON. Each second
counts once, for the innermost part: an import inside a hook counts as an import.
"""

import atexit
import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import _bootstrap  # type: ignore[attr-defined]
from typing import Any

SAID = "Clocked "
IMPORT = "import of "
# Imports of a package that is not listed count for the listed package that imports it.
PACKAGES = {
    "kedro": "Kedro",
    "kedro_mlflow": "kedro-mlflow and MLflow",
    "mlflow": "kedro-mlflow and MLflow",
    "kedro_viz": "Kedro-Viz",
    "wandb": "W&B",
    "telco_churn": "the project and its dependencies",
    "kedro_datasets": "the project and its dependencies",
    "empty": "the project and its dependencies",
}
TRACKERS = {"wandb": "W&B", "mlflow": "MLflow"}


class Clock:
    """Counts each second for the part that is open then; other threads do not count."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.open = ["Kedro's own work"]
        self.last = time.perf_counter()
        self.thread = threading.get_ident()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time in the block for a part."""
        if threading.get_ident() != self.thread:
            yield
            return
        self.count()
        self.open.append(name)
        try:
            yield
        finally:
            self.count()
            self.open.pop()

    def count(self) -> None:
        """Count the time since the last call for the open part."""
        now = time.perf_counter()
        self.seconds[self.open[-1]] += now - self.last
        self.last = now

    def around(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Wrap a function so that its time counts for a part."""

        @wraps(function)
        def clocked(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        return clocked

    def report(self) -> None:
        """Print the seconds of each part."""
        self.count()
        print(SAID + json.dumps(self.seconds), flush=True)


def clock_imports(clock: Clock) -> None:
    """Count each import for the package that caused it."""
    load = _bootstrap._find_and_load

    def find_and_load(name: str, import_: Any) -> Any:
        if name in sys.modules:
            return load(name, import_)
        package = PACKAGES.get(name.partition(".")[0])
        here = clock.open[-1]
        part = here if here.startswith(IMPORT) else f"{IMPORT}other libraries"
        with clock.part(f"{IMPORT}{package}" if package else part):
            return load(name, import_)

    _bootstrap._find_and_load = find_and_load


def clock_hooks(clock: Clock) -> None:
    """Count each hook for its tracker."""
    from pluggy import PluginManager  # noqa: PLC0415

    register = PluginManager.register

    def register_clocked(self: Any, plugin: Any, name: str | None = None) -> str | None:
        given = register(self, plugin, name)
        for caller in self.get_hookcallers(plugin) or []:
            for hook in caller.get_hookimpls():
                if hook.plugin is plugin:
                    part = _name_hook(plugin, caller.name)
                    hook.function = clock.around(hook.function, part)
        return given

    PluginManager.register = register_clocked  # type: ignore[method-assign]


def clock_kedro(clock: Clock) -> None:
    """Count the steps of a run."""
    from kedro.framework.context import KedroContext  # noqa: PLC0415
    from kedro.framework.project import _ProjectPipelines  # noqa: PLC0415
    from kedro.framework.session import KedroSession  # noqa: PLC0415
    from kedro.runner.runner import AbstractRunner  # noqa: PLC0415

    for owner, function, part in (
        (KedroSession, "load_context", "configuration and catalog"),
        (KedroContext, "_get_catalog", "configuration and catalog"),
        (_ProjectPipelines, "_load_data", "pipelines"),
        (AbstractRunner, "run", "nodes, with loading and saving"),
    ):
        setattr(owner, function, clock.around(getattr(owner, function), part))


def _name_hook(plugin: Any, hook: str) -> str:
    kind = plugin if isinstance(plugin, type) else type(plugin)
    full = f"{kind.__module__}.{kind.__qualname__}".lower()
    who = next((tracker for name, tracker in TRACKERS.items() if name in full), None)
    if who is None:
        return "other hooks"
    is_end = hook in ("after_pipeline_run", "on_pipeline_error", "after_command_run")
    is_start = hook in ("before_pipeline_run", "after_context_created", "after_catalog_created")
    return f"{who}, {'end' if is_end else 'start' if is_start else 'during the run'}"


def main() -> None:
    """Run Kedro's command line and count its seconds."""
    sys.path[0] = ""  # the same as `python -m kedro`: without this folder
    clock = Clock()
    atexit.register(clock.report)  # the first function registered runs last
    clock_imports(clock)
    clock_hooks(clock)
    clock_kedro(clock)
    from kedro.framework.cli import main as kedro  # noqa: PLC0415

    try:
        kedro()
    finally:
        clock.count()
        clock.open = ["shutdown of Python"]


if __name__ == "__main__":
    main()
