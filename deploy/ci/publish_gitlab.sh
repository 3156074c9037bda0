#!/bin/sh
# Publish the files of dist/ as a release of GitLab: publish_gitlab.sh TAG. A GitLab job sets the variables.
set -eu

tag=$1
project=$CI_API_V4_URL/projects/$CI_PROJECT_ID

call() {
    curl --fail-with-body --silent --show-error --header "JOB-TOKEN: $CI_JOB_TOKEN" "$@"
    echo
}

set -- --data-urlencode "tag_name=$tag" --data-urlencode "description@dist/notes.md"
for file in dist/*; do
    name=$(basename "$file")
    address=$project/packages/generic/release/${tag#v}/$name
    call --upload-file "$file" "$address"
    set -- "$@" --data-urlencode "assets[links][][name]=$name" \
        --data-urlencode "assets[links][][url]=$address"
done
call "$@" "$project/releases"
