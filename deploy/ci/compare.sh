#!/bin/sh
# Compare the working tree with a commit, in Markdown: compare.sh COMMIT FILE. The file has what `kedro try`
# measured on both (features, metrics with intervals, money), then the changes of contracts.
set -eu

base=$1
file=$2
kedro=${KEDRO:-.venv/bin/kedro}

mkdir -p "$(dirname "$file")"
rm -f "$file"
[ -d data/test/01_raw ] || "$kedro" run --env test --pipelines simulation
code=0
"$kedro" try --base "$base" --markdown "$file" || code=$?
# 65 with a file: the commit cannot run, which the file reports, unless the working tree ended early.
if [ "$code" -ne 0 ] && { [ "$code" -ne 65 ] || [ ! -f "$file" ] || grep -q "working tree ended early" "$file"; }; then
    exit "$code"
fi
code=0
changes=$("$kedro" contracts diff "$base" 2>&1) || code=$?
# 65: there are breaking changes, which the comparison shows and does not judge.
if [ "$code" -ne 0 ] && [ "$code" -ne 65 ]; then
    echo "$changes" >&2
    exit "$code"
fi
# The backticks begin and end a block of Markdown.
# shellcheck disable=SC2016
printf '\n### Contracts\n\n```text\n%s\n```\n' "$changes" >> "$file"
