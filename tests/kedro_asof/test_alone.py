"""The library works in other projects: it imports neither this project nor kedro_wandb."""

import subprocess
import sys

IMPORT_ALL = """
import importlib, pkgutil, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"telco_churn", "kedro_wandb"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
import kedro_asof
names = [module.name for module in pkgutil.walk_packages(kedro_asof.__path__, "kedro_asof.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_every_module_is_imported_where_the_project_cannot_be_found() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IMPORT_ALL],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1]) > 30
