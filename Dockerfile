# docker build -t telco-churn . && docker run -v telco-churn:/state telco-churn scoring --params as_of=2026-09-28
# See docs/how-to/run-in-containers.md.
ARG PYTHON=python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d

FROM ${PYTHON} AS build
COPY requirements.lock /tmp/requirements.lock
# Wheels only, verified by hash: nothing is compiled. The environment has no pip.
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
# All outputs go to one volume; links keep the paths that the project uses.
RUN python -m compileall -q src \
    && for name in data mlruns mlflow.db wandb .viz; do ln -s "/state/$name" "$name"; done

FROM ${PYTHON}
# The pinned image fixes the distribution's version. Debian deletes a package version at its next fix,
# so no version is pinned here.
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
# As the first process of a container, Python handles SIGINT but not SIGTERM.
STOPSIGNAL SIGINT
ENTRYPOINT ["/app/deploy/docker/entrypoint.sh"]
