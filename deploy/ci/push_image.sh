#!/bin/sh
# Build the image of a release and push it with its provenance and SBOM: push_image.sh REGISTRY IMAGE TAG.
# REGISTRY_USER and REGISTRY_PASSWORD log in.
set -eu

registry=$1
image=$(echo "$2" | tr '[:upper:]' '[:lower:]') # a registry allows no capital letters
version=${3#v}

echo "$REGISTRY_PASSWORD" | docker login "$registry" --username "$REGISTRY_USER" --password-stdin
# Docker's default builder writes no attestations.
docker buildx create --use --driver docker-container
docker buildx build --push --provenance mode=max --sbom true \
    --label "org.opencontainers.image.version=$version" --tag "$image:$version" .
