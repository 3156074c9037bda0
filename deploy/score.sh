#!/bin/sh
# Score one date: YYYY-MM-DD, or without it the last Monday, today included.
# A machine that comes up late, or tries again after midnight, so means the same date.
set -eu

cd "$(dirname "$0")/.."
days_since_monday=$(($(date +%u) - 1))
as_of=${1:-$(date -d "$days_since_monday days ago" +%F)}
pipelines=${PIPELINES:-ingestion,scoring}
kedro=${KEDRO:-.venv/bin/kedro}

# Called by the trap.
# shellcheck disable=SC2329
stop() {
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" || true
    exit 143
}

# A run each: by what ingestion made, scoring sees before it begins whether there is anything to do.
child=
trap stop INT TERM
while [ "$pipelines" != "${pipelines#*,}" ]; do
    # In the background, because a shell hears a signal only while it waits.
    "$kedro" run --pipelines "${pipelines%%,*}" --params "as_of=$as_of" &
    child=$!
    wait "$child"
    pipelines=${pipelines#*,}
done
trap - INT TERM
exec "$kedro" run --pipelines "$pipelines" --params "as_of=$as_of"
