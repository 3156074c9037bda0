"""`kedro backfill`, with the datasets of this project."""

from kedro_asof.backfill import DatedProject, create_backfill
from telco_churn.commands.exit_codes import translate_error

backfill = create_backfill(
    DatedProject(
        pipeline="scoring",
        table="churn_scores",
        history="score_history",
        columns={
            "customers": lambda commit: f"{int(commit['customers']):,}",
            "model": lambda commit: f"{commit['model']} {commit['model_version']}",
        },
        translate=translate_error,
    )
)
