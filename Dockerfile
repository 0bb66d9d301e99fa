# One image for api, worker and beat; docker-compose.yml says which is which.
# It is set up by the same bootstrap.py as a checkout, from the same hashed lock.
FROM python:3.11-slim AS build
WORKDIR /app
COPY bootstrap.py pyproject.toml requirements.lock requirements-bootstrap.lock ./
RUN python bootstrap.py && rm -rf .venv-tools

FROM python:3.11-slim
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FREEMARK_DATA=/data
# The data folder holds keys: nobody but this user reads it. The public shelf is a volume of its own, see compose.
RUN useradd --system --uid 10001 --no-create-home freemark \
    && install -d -m 0700 -o freemark -g freemark /data \
    && install -d -m 0755 -o freemark -g freemark /data/shelf /data/shelf/public
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY . .
RUN python -m compileall -q ground audits certify labels verify freemark
USER freemark
EXPOSE 8000
CMD ["freemark", "serve", "--host", "0.0.0.0", "--port", "8000"]
