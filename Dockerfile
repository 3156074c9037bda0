# docker build -t telco-churn . && docker run -v telco-churn:/state telco-churn scoring --params as_of=2026-09-28
# See docs/scheduling.md.
ARG PYTHON=python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d

FROM ${PYTHON} AS build
COPY deploy/docker/requirements.lock /tmp/requirements.lock
# Wheels only, each by its hash; nothing is built, and pip stays behind.
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --no-cache-dir --disable-pip-version-check \
        --require-hashes --no-deps --only-binary :all: -r /tmp/requirements.lock \
    && find /opt/venv -type d -name tests -prune -exec rm -rf {} +
WORKDIR /app
COPY pyproject.toml .telemetry ./
COPY conf conf
COPY src src
COPY deploy/score.sh deploy/retry.sh deploy/
COPY deploy/docker/entrypoint.sh deploy/docker/
# What runs leave lies in one volume, wherever the project looks for it.
RUN python -m compileall -q src \
    && for name in data mlruns mlflow.db wandb .viz; do ln -s "/state/$name" "$name"; done

FROM ${PYTHON}
# The version is the distribution's of the pinned image; a version pinned here is gone with its next fix.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /tmp churn \
    && install --directory --owner churn --group churn /state
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    KEDRO=kedro \
    KEDRO_DISABLE_TELEMETRY=true \
    GIT_PYTHON_REFRESH=quiet \
    MLFLOW_LOGGING_LEVEL=WARNING \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /app
USER 10001:10001
VOLUME /state
# Python hears this one as the first process of a container, too; SIGTERM it would not.
STOPSIGNAL SIGINT
ENTRYPOINT ["/app/deploy/docker/entrypoint.sh"]
