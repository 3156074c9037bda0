#!/bin/sh
# Retry a command by its exit code, for schedulers that cannot: retry.sh TRIES WAIT_SECONDS COMMAND...
# Not ready (75): at most TRIES tries. Failed (1): at most three, because it may be the network. Any other
# code is final. Exits with the command's code, or with 0 if there was nothing to do (99).
set -eu

# The trap calls this.
# shellcheck disable=SC2329
stop() {
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" || true
    exit 143
}

# In the background, because a shell handles a signal only while it waits.
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
    echo "Try $tries of $most_tries ended with exit code $code. Retrying in $wait_seconds s." >&2
    run sleep "$wait_seconds"
done
[ "$code" -ne 99 ] || code=0
exit "$code"
