#!/usr/bin/env bash
# Build the wheel, install it alone into a new environment without development packages, and run the main job from a
# folder that holds nothing but the seed page: the shapes must come with the wheel.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
python=$(cd "$root" && realpath -s "${PYTHON:-python3}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cd "$root"
"$python" -m pip wheel --quiet --no-deps --wheel-dir "$folder/dist" .
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$folder"/dist/arrowkg-*.whl
cp "$root/seeds/tomer-michaeli.txt" "$folder/page.txt"

cd "$folder"
for name in papers.ttl papers.jsonld papers.nt.gz; do
  venv/bin/arrowkg export page.txt -o "$name" --base-iri https://kg.example.org/lab/
  test -s "$name"
done
venv/bin/arrowkg validate papers.ttl
venv/bin/arrowkg listing papers.ttl -o again.txt
cmp page.txt again.txt
venv/bin/arrowkg load papers.nt.gz --store kg
test "$(venv/bin/arrowkg query --example triple-count --store kg --format csv | tail -n 1 | tr -d '\r')" = 2116
venv/bin/arrowkg search "tomer michaeli" --store kg >page-on-the-terminal
grep -q '32 papers' page-on-the-terminal
venv/bin/arrowkg site page.txt -o web --base-iri https://kg.example.org/lab/
test -s web/live/site/author/tomer-michaeli.html
test -s web/live/site/assets/vendor/katex/katex.min.js
if venv/bin/arrowkg serve --store kg 2>told; then exit 1; fi
grep -q "pip install 'arrowkg\[serve\]'" told
venv/bin/python -c '
from pathlib import Path
import arrowkg
folder = Path(arrowkg.__file__).parent / "server"
for name in ("assets/query.js", "assets/vendor/yasgui/yasgui.min.js", "templates/query.html"):
    assert (folder / name).is_file(), name
'
venv/bin/python -c '
from pathlib import Path
import arrowkg.validation
folder = arrowkg.validation.shapes_folder()
assert "site-packages" in str(folder) and (folder / "paper.ttl").is_file(), folder
'
if venv/bin/python -c 'import pytest' 2>/dev/null; then
  echo 'a development package came with the wheel' >&2
  exit 1
fi
echo 'The wheel works by itself.'
