#!/bin/sh
# docker run IMAGE PIPELINES [KEDRO RUN OPTIONS...], or: docker run IMAGE kedro COMMAND...
# exec replaces this shell, so that Kedro gets the signals and its exit code is that of the container.
set -eu

state=${TELCO_CHURN_STATE:-/state}
mkdir -p "$state/data" "$state/mlruns" "$state/wandb" "$state/.viz"
case ${1-} in
    kedro | deploy/*) exec "$@" ;;
    [a-z]*)
        pipelines=$1
        shift
        exec kedro run --pipelines "$pipelines" "$@"
        ;;
    *)
        echo "usage: scoring --params as_of=YYYY-MM-DD | ingestion,scoring ... | kedro COMMAND..." >&2
        exit 2
        ;;
esac
