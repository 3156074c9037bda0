"""The configuration of this project keeps back every identifier of its contracts."""

import shutil
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader

from kedro_wandb.config import read_config
from kedro_wandb.redaction import Redactor
from telco_churn.contracts import IDENTIFIERS
from telco_churn.settings import CONFIG_LOADER_ARGS
from tests.conftest import PROJECT


def read_redactor(conf: Path = PROJECT / "conf") -> Redactor:
    loader = OmegaConfigLoader(str(conf), **CONFIG_LOADER_ARGS)
    return Redactor(read_config(loader["wandb"]).redact)


@pytest.mark.parametrize("name", [*IDENTIFIERS, "customer_id", "invoice_id", "contact_id"])
@pytest.mark.parametrize("form", ["{}", "{}_before", "primary_{}", "{}s"])
def test_every_identifier_of_the_contracts_is_kept_back(name: str, form: str) -> None:
    assert read_redactor().keeps_back(form.format(name))


def test_a_salt_of_ones_own_takes_no_redaction_away(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "conf" / "base", tmp_path / "base")
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "wandb.yml").write_text("redact: {salt: x}\n")
    assert read_redactor(tmp_path).keeps_back("full_name")
