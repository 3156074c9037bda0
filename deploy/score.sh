#!/bin/sh
# Score one date: YYYY-MM-DD, or without it the last Monday, today included.
# A machine that comes up late, or tries again after midnight, so means the same date.
set -eu

cd "$(dirname "$0")/.."
days_since_monday=$(($(date +%u) - 1))
as_of=${1:-$(date -d "$days_since_monday days ago" +%F)}
exec "${KEDRO:-.venv/bin/kedro}" run --pipelines "${PIPELINES:-ingestion,scoring}" --params "as_of=$as_of"
