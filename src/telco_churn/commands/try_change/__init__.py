"""`kedro try`: show what the last change did to features, metrics and money."""

from pathlib import Path

import click

from kedro_asof.errors import ExitCode, InputError
from kedro_asof.result_table import show_table
from telco_churn.commands.exit_codes import explain_errors
from telco_churn.commands.try_change.compare_sides import compare_sides
from telco_churn.commands.try_change.run_sides import Side, run_sides


class BaseCannotRunError(InputError):
    """The base of `kedro try` cannot run; only the figures of the working tree were shown."""


class ChangeCannotRunError(InputError):
    """The working tree cannot run to its end; `kedro try` ends with the exit code of its run."""

    def __init__(self, side: Side) -> None:
        how = "ended early" if side.has_results else "cannot run"
        super().__init__(f"The working tree {how}: {side.message}")
        is_known = side.code in set(ExitCode) and side.code
        self.exit_code = ExitCode(side.code) if is_known else ExitCode.FAILED


@click.command("try")
@click.option("--base", metavar="REF", help="Commit to compare with; see above for the default.")
@click.option(
    "--markdown", metavar="FILE", type=click.Path(path_type=Path), help="Also write Markdown here."
)
@click.option(
    "--env", "-e", help="Small environment to run.  [default: sample if it exists, else test]"
)
@explain_errors
def try_change(base: str | None, markdown: Path | None, env: str | None) -> None:
    """Compare the working tree with a commit: features, metrics, money and run time.

    \b
    kedro try
    kedro try --base main --markdown change.md

    The base is HEAD if the working tree differs from it, else the commit before. Both run in
    folders of their own, on the same raw tables and with the same seeds; your data and models stay
    as they are.

    Exit codes: 0, both ran; 65, the base cannot run, and only the figures of the working tree are
    shown; otherwise that of the run of the working tree.
    """  # noqa: D301  (click needs the escape in the text)
    with run_sides(base, env) as sides:
        if not sides.after.has_results:
            raise ChangeCannotRunError(sides.after)
        report = compare_sides(sides)
        for title, columns, rows in report.tables:
            click.echo(f"\n{title}")
            show_table(columns, rows)
        click.echo("\n".join(["", *report.notes]))
        if markdown:
            markdown.write_text(report.write_markdown(), "utf-8")
        if sides.after.code:
            raise ChangeCannotRunError(sides.after)
        if not sides.before.has_results:
            raise BaseCannotRunError(
                f"The base, {sides.before.name}, cannot run: {sides.before.message} The figures "
                "are those of the working tree alone. Choose another commit with --base."
            )
