#!/bin/sh
# Score a date for cron, with a lock and a log. Prints nothing on success, because cron mails all output.
# TRIES and WAIT_SECONDS set how long to wait for late data.
set -eu

cd "$(dirname "$0")/../.."
mkdir -p logs
log=logs/scoring-$(date +%F).log

# If the previous run hangs, report it; do not start another.
exec 9>logs/scoring.lock
if ! flock --nonblock 9; then
    echo "Scoring did not start: the previous run still holds logs/scoring.lock."
    exit 75
fi
code=0
deploy/retry.sh "${TRIES:-13}" "${WAIT_SECONDS:-1800}" deploy/score.sh "$@" >>"$log" 2>&1 || code=$?
if [ "$code" -ne 0 ]; then
    echo "Scoring ended with exit code $code (see docs/reference/exit-codes.md). Last lines of $PWD/$log:"
    tail -n 30 "$log"
fi
exit "$code"
