# make run · make test · make test-full · make lint · make chaos · make bench · make soak
# (README.md says what each shows)

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
export PYTHONDONTWRITEBYTECODE = 1

.PHONY: run setup setup-dev test test-full chaos bench soak lint lock

run: setup
	@$(PY) -m coaching.run

setup: $(VENV)/installed
setup-dev: $(VENV)/installed-dev

# uv installs in seconds; where it cannot be had, pip does the same in a minute.
$(VENV)/installed: requirements.txt requirements-nodeps.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=python3.12, say.")'
	@echo "Installing …"
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install -q --disable-pip-version-check uv 2>/dev/null || true
	@$(PY) -m uv pip install -q --python $(PY) --require-hashes -r requirements.txt 2>/dev/null \
		|| $(PY) -m pip install -q --disable-pip-version-check -r requirements.txt
	@$(PY) -m uv pip install -q --python $(PY) --no-deps --require-hashes -r requirements-nodeps.txt 2>/dev/null \
		|| $(PY) -m pip install -q --disable-pip-version-check --no-deps -r requirements-nodeps.txt \
		|| echo "PhonePe's SDK could not be installed: online payment is off (manage.py doctor)."
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	@echo "Installing what the tests need …"
	@$(PY) -m uv pip install -q --python $(PY) --require-hashes -r requirements-dev.txt 2>/dev/null \
		|| $(PY) -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# The browser of the tests: Debian's Chromium where apt is there and we are root, else Playwright's.
$(VENV)/browser: $(VENV)/installed-dev
	@command -v chromium >/dev/null \
		|| { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
		|| $(PY) -m playwright install chromium
	@touch $@

# Two at a time; those with a browser or the product's own processes one by one, for they measure.
IN_PAIRS := $(PY) -m pytest -n 2 --dist worksteal -m "not browser and not stack and not slow"

test: $(VENV)/browser
	@$(IN_PAIRS)
	@$(PY) -m pytest -m "(browser or stack) and not slow"

test-full: $(VENV)/browser
	@$(IN_PAIRS)
	@$(PY) -m pytest -m "browser or stack or slow"
	@TEST_DATABASE=sqlite $(IN_PAIRS)

# The long fault run: kills, cuts and lies while 1,000 enquiries come in. Prints a table.
chaos: $(VENV)/installed-dev
	@$(PY) -m tests.chaos

# Speed, measured beside others in one run. Prints tables. Never part of the tests.
bench: $(VENV)/installed-bench
	@$(PY) -m tests.bench

# An hour of enquiries at a steady rate: what grows, what slows, what gets lost.
soak: $(VENV)/installed-bench
	@$(PY) -m tests.bench soak

$(VENV)/installed-bench: $(VENV)/installed-dev requirements-bench.txt
	@$(PY) -m uv pip install -q --python $(PY) --require-hashes -r requirements-bench.txt 2>/dev/null \
		|| $(PY) -m pip install -q --disable-pip-version-check -r requirements-bench.txt
	@touch $@

lint: $(VENV)/installed-dev
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@$(VENV)/bin/lint-imports --no-cache
	@DEBUG=1 $(PY) manage.py makemigrations --check --dry-run
	@DEBUG=1 $(PY) manage.py check --fail-level WARNING
	@git ls-files 'templates/*.html' | xargs $(VENV)/bin/djhtml --tabwidth 2 --check

lock: $(VENV)/installed
	@$(PY) -m uv pip compile --universal --generate-hashes -q --no-header --upgrade pyproject.toml -o requirements.txt
	@$(PY) -m uv pip compile --universal --generate-hashes -q --no-header --group dev -c requirements.txt -o requirements-dev.txt
	@$(PY) -m uv pip compile --universal --generate-hashes -q --no-header --upgrade --group bench -c requirements.txt -c requirements-dev.txt -o requirements-bench.txt
