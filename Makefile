# make run : set everything up and start it.   make test : set up and test.
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
	  $(VENV)/bin/uv pip install -q --python $(PY) --require-hashes -r $(1) \
	  || $(PY) -m pip install -q --disable-pip-version-check --require-hashes -r $(1)
endef

.PHONY: run test lock clean clean-data

run: $(STAMP)/base $(STAMP)/front $(STAMP)/locale
	@$(PY) -m devkit.dev

test: $(STAMP)/dev $(STAMP)/front $(STAMP)/locale
	@$(PY) -m pytest $(ARGS)

$(STAMP)/venv:
	@python=$$(scripts/find-python) && echo "venv from $$python" && rm -rf $(VENV) && { $$python -m venv $(VENV) \
	  || { rm -rf $(VENV); uv venv -q --seed --python $$python $(VENV); } \
	  || { echo "Python's venv module is missing: apt install python3-venv" >&2; exit 1; }; }
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(PY) -c "import site, pathlib; pathlib.Path(site.getsitepackages()[0], 'kam.pth').write_text(str(pathlib.Path.cwd()) + '\n')"
	@mkdir -p $(STAMP) && touch $@

$(STAMP)/base: requirements/base.txt $(STAMP)/venv
	$(call install,requirements/base.txt)
	@touch $@

$(STAMP)/dev: requirements/dev.txt $(STAMP)/base
	$(call install,requirements/dev.txt)
	@touch $@

$(STAMP)/front: package-lock.json frontend/build.mjs $(wildcard frontend/src/*) $(STAMP)/venv
	@PY=$(PY) scripts/build-front && touch $@

$(STAMP)/locale: $(wildcard locale/*/LC_MESSAGES/*.po) $(STAMP)/base
	@$(PY) scripts/po2mo.py >/dev/null && touch $@

lock:          # after editing requirements/*.in or frontend/package.json
	@for n in uv base dev; do $(VENV)/bin/uv pip compile -q --universal --python-version 3.12 --generate-hashes \
	  --no-annotate --no-header requirements/$$n.in -o requirements/$$n.txt; done
	@npm install --package-lock-only
	@! grep -rnE '"resolved"|^--(index|extra|find)' requirements/*.txt package-lock.json

clean-data:
	rm -rf .run
clean: clean-data
	rm -rf $(VENV) build node_modules
