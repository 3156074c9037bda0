#!/bin/sh
# Propose changed lock files: push them as the branch `dependencies`, and open a pull or merge request, unless
# one is open: propose_locks.sh REMOTE. In GitHub Actions, GH_TOKEN logs in.
set -eu

remote=$1
branch=dependencies
title="Pin the latest versions"
body="Written by make lock. Read the changelogs of packages with a new major version."

if git diff --quiet -- '*requirements*.lock'; then
    echo "The lock files already have the latest versions."
    exit 0
fi
git switch --quiet --force-create "$branch"
git -c user.name="$branch" -c user.email="$branch@localhost" \
    commit --quiet --message "$title" -- '*requirements*.lock'
if [ -z "${GITHUB_ACTIONS-}" ]; then
    exec git push --quiet --force -o merge_request.create -o merge_request.title="$title" \
        "$remote" "HEAD:refs/heads/$branch"
fi
gh auth setup-git
git push --quiet --force "$remote" "HEAD:refs/heads/$branch"
if [ "$(gh pr list --head "$branch" --state open --json number --jq length)" -eq 0 ]; then
    gh pr create --head "$branch" --title "$title" --body "$body"
fi
# What GitHub's own token pushes starts no workflow.
gh workflow run ci.yml --ref "$branch"
