"""A mistake in wandb.yml ends a run of this project with one plain error."""

import pytest

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy, slow_after


@pytest.mark.parametrize(
    ("change", "told"),
    slow_after(
        2,
        [
            ("projet: p", "unknown key 'projet', allowed are project, entity, mode"),
            ("limits: {rows: 3}", "unknown key 'limits.rows', allowed are table_rows"),
            ("mode: sometimes", "mode is 'sometimes'"),
            ("datasets: {a: {log: everything}}", "one of metrics, table, image, plot, artifact"),
            (
                "datasets: {a: {log: table, colums: 3}}",
                "unknown key 'colums', allowed are log, rows",
            ),
        ],
    ),
)
def test_a_mistake_in_the_configuration_is_one_plain_error(
    project: ProjectCopy, change: str, told: str
) -> None:
    (project.path / "conf" / "local").mkdir(exist_ok=True)
    (project.path / "conf" / "test" / "wandb.yml").write_text(f"project: p\n{change}\n")
    result = project.run("--pipelines", "scoring")
    assert result.exit_code == ExitCode.WRONG_CALL
    assert told in result.output
    assert "Traceback" not in result.output
