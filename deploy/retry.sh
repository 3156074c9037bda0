#!/bin/sh
# Run a command again by its exit code, for schedulers that cannot: retry.sh TRIES WAIT_SECONDS COMMAND...
# Not ready: TRIES times at most. Failed: three times, it may be the network. All else is final.
# Ends with the command's exit code, and with 0 where there was nothing to do.
set -eu

# Called by the trap.
# shellcheck disable=SC2329
stop() {
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" || true
    exit 143
}

# In the background, because a shell hears a signal only while it waits.
run() {
    "$@" &
    child=$!
    wait "$child"
}

is_worth_trying() {
    case $code in
        75) [ "$tries" -lt "$most_tries" ] ;;
        1) failures=$((failures + 1)) && [ "$failures" -lt 3 ] && [ "$tries" -lt "$most_tries" ] ;;
        *) false ;;
    esac
}

if [ "$#" -lt 3 ]; then
    echo "usage: retry.sh TRIES WAIT_SECONDS COMMAND..." >&2
    exit 2
fi
most_tries=$1
wait_seconds=$2
shift 2
child=
failures=0
tries=0
trap stop INT TERM

while :; do
    code=0
    run "$@" || code=$?
    tries=$((tries + 1))
    is_worth_trying || break
    echo "Try $tries of $most_tries ended with exit code $code. The next is in $wait_seconds s." >&2
    run sleep "$wait_seconds"
done
[ "$code" -ne 99 ] || code=0
exit "$code"
