#!/bin/sh
# Score one date, YYYY-MM-DD. Without a date: the last Monday, which may be today, so that a machine that
# starts late, or a retry after midnight, scores the same date.
set -eu

cd "$(dirname "$0")/.."
days_since_monday=$(($(date +%u) - 1))
as_of=${1:-$(date -d "$days_since_monday days ago" +%F)}
pipelines=${PIPELINES:-ingestion,scoring}
kedro=${KEDRO:-.venv/bin/kedro}

# The trap calls this.
# shellcheck disable=SC2329
stop() {
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" || true
    exit 143
}

# Separate runs: scoring compares what ingestion made with the last commit of the date before it starts.
child=
trap stop INT TERM
while [ "$pipelines" != "${pipelines#*,}" ]; do
    # In the background, because a shell handles a signal only while it waits.
    "$kedro" run --pipelines "${pipelines%%,*}" --params "as_of=$as_of" &
    child=$!
    wait "$child"
    pipelines=${pipelines#*,}
done
trap - INT TERM
exec "$kedro" run --pipelines "$pipelines" --params "as_of=$as_of"
