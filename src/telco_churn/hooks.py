"""What happens around a run, beside the nodes."""

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.validation import ParameterValidationError

from telco_churn.parameters import BLOCKS


class RefuseUnknownParameters:
    """Ends a run that was given a parameter that nothing reads: most often it is a misspelt one."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Compare the names of the parameters with the blocks that there are."""
        unknown = sorted(set(context.config_loader["parameters"]) - set(BLOCKS))
        if unknown:
            raise ParameterValidationError(
                f"Unknown parameters {unknown}; there are {sorted(BLOCKS)}. Correct --params or "
                "the files in conf/."
            )
