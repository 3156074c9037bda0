#!/bin/sh
# What the crontab runs: one night, with a lock and a log. Silent when all went well, because cron
# mails whatever is printed. WAIT_SECONDS and TRIES say how long to wait for data that is late.
set -eu

cd "$(dirname "$0")/../.."
mkdir -p logs
log=logs/scoring-$(date +%F).log

# A run that hangs since last time is told of, not run beside.
exec 9>logs/scoring.lock
if ! flock --nonblock 9; then
    echo "Scoring did not start: the run before still holds logs/scoring.lock."
    exit 75
fi
code=0
deploy/retry.sh "${TRIES:-13}" "${WAIT_SECONDS:-1800}" deploy/score.sh "$@" >>"$log" 2>&1 || code=$?
if [ "$code" -ne 0 ]; then
    echo "Scoring ended with exit code $code (see docs/scheduling.md). The end of $PWD/$log:"
    tail -n 30 "$log"
fi
exit "$code"
