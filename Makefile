# Two commands: `make demo` runs the main job on the seed page, `make test` passes the tests.
# `make test NO_SKIP=1` first installs what the machine lacks (Debian packages, npm and Java judges) and allows no skip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := build/demo

.PHONY: demo test check bench wheel clean

demo: $(VENV)/installed
	@mkdir -p $(DEMO)
	@echo '$$ arrowkg export seeds/tomer-michaeli.txt -o $(DEMO)/papers.ttl --base-iri https://kg.example.org/lab/'
	@$(BIN)/arrowkg export seeds/tomer-michaeli.txt -o $(DEMO)/papers.ttl --base-iri https://kg.example.org/lab/
	@echo '$$ arrowkg export seeds/tomer-michaeli.txt -o $(DEMO)/papers.jsonld --base-iri https://kg.example.org/lab/'
	@$(BIN)/arrowkg export seeds/tomer-michaeli.txt -o $(DEMO)/papers.jsonld --base-iri https://kg.example.org/lab/
	@echo '$$ arrowkg validate $(DEMO)/papers.ttl'
	@$(BIN)/arrowkg validate $(DEMO)/papers.ttl
	@echo '$$ arrowkg load $(DEMO)/papers.ttl --store $(DEMO)/kg'
	@$(BIN)/arrowkg load $(DEMO)/papers.ttl --store $(DEMO)/kg
	@echo '$$ arrowkg query --example co-authors --set name="Tomer Michaeli" --store $(DEMO)/kg --limit 5'
	@$(BIN)/arrowkg query --example co-authors --set name="Tomer Michaeli" --store $(DEMO)/kg --limit 5
	@echo '$$ arrowkg site seeds/tomer-michaeli.txt -o $(DEMO)/web --base-iri https://kg.example.org/lab/'
	@$(BIN)/arrowkg site seeds/tomer-michaeli.txt -o $(DEMO)/web --base-iri https://kg.example.org/lab/
	@echo 'The files are $(DEMO)/papers.ttl and $(DEMO)/papers.jsonld; the store is $(DEMO)/kg.'
	@echo 'The site is file://$(CURDIR)/$(DEMO)/web/live/site/index.html'

test: $(VENV)/installed-for-tests
ifeq ($(NO_SKIP),1)
	$(BIN)/python tests/tools/install_judges.py
endif
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	NO_SKIP=$(NO_SKIP) $(BIN)/python -m pytest

bench: $(VENV)/installed-for-tests
	$(BIN)/python benchmarks/everything.py
	$(BIN)/python benchmarks/plots.py build/bench
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/cores.py
	$(BIN)/python benchmarks/validation.py
	$(BIN)/python benchmarks/stores.py
	$(BIN)/python benchmarks/attacks.py
	$(BIN)/python benchmarks/site.py
	$(BIN)/python benchmarks/serving.py

wheel: $(VENV)/installed-for-tests
	PYTHON=$(BIN)/python tests/tools/wheel_smoke.sh

clean:
	rm -rf $(VENV) .tools build dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'arrowkg needs Python 3.11 or newer; name one with make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo 'Python cannot make environments here; on Debian: apt-get install python3-venv' >&2; exit 1; }

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	@echo 'Setting up $(VENV) (once) …'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-for-tests: pyproject.toml | $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --group dev
	@touch $@
