"""The package is independent: it can be imported without this project."""

import shutil
import subprocess
import sys
from pathlib import Path

import kedro_wandb

# The finder rejects the other packages of this project, even if they are installed.
IMPORT_ALL = """
import importlib
import pkgutil
import sys

class Refuse:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in ("telco_churn", "kedro_asof"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Refuse())
sys.path.insert(0, sys.argv[1])
import kedro_wandb

assert kedro_wandb.__file__.startswith(sys.argv[1]), kedro_wandb.__file__
names = [module.name for module in pkgutil.iter_modules(kedro_wandb.__path__)]
for name in names:
    importlib.import_module(f"kedro_wandb.{name}")
assert kedro_wandb.WandbHook() and kedro_wandb.MlflowParameters()
late = {"mlflow", "pandas", "pyarrow", "wandb"} & set(sys.modules)
assert not late, f"imported before they are needed: {late}"
print()
print(*names)
"""


def test_it_imports_without_the_project_and_without_what_a_project_may_lack(tmp_path: Path) -> None:
    package = Path(kedro_wandb.__file__).parent
    shutil.copytree(package, tmp_path / "alone" / package.name)
    done = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", IMPORT_ALL, str(tmp_path / "alone")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    modules = {file.stem for file in package.glob("*.py")} - {"__init__"}
    assert set(done.stdout.splitlines()[-1].split()) == modules
