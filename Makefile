# make run   set everything up and start it        make test   set up and run the tests
# make check linters, types, contracts, migrations  make help   the other targets
SHELL := /bin/sh
.DEFAULT_GOAL := run
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.stamps
ARGS ?=
# uv is quick but reads neither pip.conf nor PIP_INDEX_URL: hand it pip's mirror,
# where there is one, and fall back to pip itself.
define install
	@mirror=$$($(PY) -m pip config get global.index-url 2>/dev/null || echo "$$PIP_INDEX_URL"); \
	  [ -z "$$mirror" ] || export UV_DEFAULT_INDEX="$$mirror"; \
	  $(VENV)/bin/uv pip install -q --compile-bytecode --python $(PY) --require-hashes -r $(1) \
	  || $(PY) -m pip install -q --disable-pip-version-check --require-hashes -r $(1)
endef

.PHONY: help setup run test check fix bench trust messages lock clean clean-data

help:          # this list
	@sed -n 's/^\([a-z-]*\):[^#]*#\(.*\)/make \1\t\2/p' Makefile | expand -t 18

setup: $(STAMP)/base build/static.stamp build/locale.stamp  # prepare .venv and the front end only

run: setup build/collected.stamp  # services, migrations, demo data (once), web + worker + beat
	@$(PY) -m devkit.dev

test: setup $(STAMP)/dev  # all tests but the slow ones of make trust; ARGS="tests/sales -x" for a part
	@$(PY) -m pytest -n 2 --dist loadgroup $(ARGS)

check: setup $(STAMP)/dev  # ruff, djade, mypy, import contracts, migrations, translations
	@$(PY) -m devkit.with_services scripts/check

fix: $(STAMP)/dev  # let the linters repair what they can
	@$(VENV)/bin/ruff check --fix --exit-zero .
	@$(VENV)/bin/ruff format .
	@git ls-files '*.html' | xargs -r $(VENV)/bin/djade

bench: setup $(STAMP)/dev  # measure; ARGS="recompute --scale 0.1" for one benchmark
	@$(PY) -m devkit.with_services $(PY) -m benchmarks $(ARGS)

trust: setup $(STAMP)/dev  # the slow tests: crashes, races, long runs
	@$(PY) -m pytest -m trust $(ARGS)

$(STAMP)/venv:
	@python=$$(scripts/find-python) && echo "venv from $$python" && rm -rf $(VENV) && { $$python -m venv $(VENV) \
	  || { rm -rf $(VENV); uv venv -q --seed --python $$python $(VENV); } \
	  || { echo "Python's venv module is missing: apt install python3-venv" >&2; exit 1; }; }
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@mkdir -p $(STAMP) && touch $@

$(STAMP)/base: requirements/base.txt $(STAMP)/venv
	$(call install,requirements/base.txt)
	@touch $@

$(STAMP)/dev: requirements/dev.txt $(STAMP)/base
	$(call install,requirements/dev.txt)
	@touch $@

build/static.stamp: package-lock.json .npmrc scripts/build-front $(wildcard static/*) | $(STAMP)/venv
	@PY=$(PY) scripts/build-front && touch $@

build/collected.stamp: build/static.stamp $(STAMP)/base
	@SECRET_KEY=unused DATABASE_URL=postgresql:///unused REDIS_URL=redis://unused \
	  $(PY) manage.py collectstatic --no-input -i redoc -i rest_framework --clear --verbosity 0 && touch $@

build/locale.stamp: $(wildcard locale/*/LC_MESSAGES/*.po) $(STAMP)/base
	@mkdir -p build && $(PY) scripts/po2mo.py >/dev/null && touch $@

messages: $(STAMP)/base  # collect the strings to translate into locale/ (needs gettext)
	@SECRET_KEY=unused DATABASE_URL=postgresql:///unused REDIS_URL=redis://unused $(PY) manage.py makemessages \
	  -l zh_Hans --no-obsolete --no-location --no-wrap -e html,py,txt -i build -i node_modules -i .venv -i tests -i benchmarks

lock:          # after editing requirements/*.in or package.json
	@for n in uv node base dev; do $(VENV)/bin/uv pip compile -q --universal --python-version 3.12 --generate-hashes \
	  --no-annotate --no-header requirements/$$n.in -o requirements/$$n.txt; done
	@npm install --package-lock-only
	@! grep -rnE '"resolved"|^--(index|extra|find)' requirements/*.txt package-lock.json

clean-data:    # forget the data of make run
	rm -rf .run
clean: clean-data  # forget everything that was made here
	rm -rf $(VENV) build node_modules
