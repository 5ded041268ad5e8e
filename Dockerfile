# The front end: npm packages bundled into build/static.
FROM node:22-slim AS front
WORKDIR /kam
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY static static
RUN node static/build.mjs

# The Python packages, each checked against its hash.
FROM python:3.13-slim AS packages
COPY requirements/base.txt /tmp/base.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/base.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 KAM_BIND=0.0.0.0:8000 \
    MEDIA_ROOT=/data/media
RUN useradd --system --uid 10001 --home-dir /data --create-home kam && mkdir /data/media \
    && chown kam /data/media
WORKDIR /kam
COPY --from=packages /venv /venv
COPY . .
COPY --from=front /kam/build/static build/static
RUN python scripts/po2mo.py \
    && SECRET_KEY=unused DATABASE_URL=postgresql:///unused REDIS_URL=redis://unused \
       python manage.py collectstatic --no-input -i redoc -i rest_framework --verbosity 0
USER kam
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["python", "-m", "devkit.processes", "healthy", "web"]
CMD ["python", "-m", "devkit.processes", "web"]
