# One image for every process of the product; compose.yaml says which command each runs.

FROM python:3.13-slim-trixie AS packages
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements.txt requirements-nodeps.txt ./
# Wheels only: the image needs no compiler, and nothing runs while it is installed.
RUN pip install --no-cache-dir --only-binary=:all: --require-hashes -r requirements.txt
RUN pip install --no-cache-dir --only-binary=:all: --require-hashes --no-deps -r requirements-nodeps.txt

FROM python:3.13-slim-trixie
# Granian listens on loopback unless told otherwise; inside a container that would reach nobody.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GRANIAN_HOST=0.0.0.0 \
    PORT=8000 \
    VAR_DIR=/srv/var
# The program and its static files belong to root; the process may write to /srv/beat alone.
RUN useradd --system --uid 10001 front-desk && install -d -o front-desk /srv/beat
COPY --from=packages /venv /venv
WORKDIR /srv/front-desk
COPY . .
RUN SECRET_KEY=only-while-collecting python manage.py collectstatic --noinput
USER 10001
STOPSIGNAL SIGTERM
EXPOSE 8000
# The website's. The other processes have no page to ask and switch it off.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/livez', timeout=4)"]
