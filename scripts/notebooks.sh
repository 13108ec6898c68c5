#!/usr/bin/env bash
# Executes examples/notebooks/*.ipynb headless against dist. Needs `npm run build` and Debian's Jupyter:
#   apt-get install --no-install-recommends jupyter-nbconvert jupyter-client jupyter-core python3-ipykernel
set -euo pipefail
cd "$(dirname "$0")/../examples/notebooks"

npm ci --no-audit --no-fund
export PATH="$(dirname "$(command -v node)"):/usr/bin:$PATH" # Debian's python3, which has Jupyter, before any other
npx tslab install --python=/usr/bin/python3 --binary="$PWD/node_modules/.bin/tslab" --prefix="$PWD/.jupyter"
export JUPYTER_PATH="$PWD/.jupyter/share/jupyter"

execute() { /usr/bin/jupyter nbconvert --to notebook --execute --ExecutePreprocessor.timeout=300 --output-dir=.jupyter/out "$@"; }
print_outputs() {
  node -e 'for (const cell of JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).cells)
    for (const output of cell.outputs ?? []) console.log([].concat(output.text ?? output.traceback ?? output.data?.["text/plain"] ?? []).join("").trimEnd())' "$1"
}
for notebook in *.ipynb; do
  if execute "$notebook"; then
    print_outputs ".jupyter/out/$notebook"
  else
    # A failing run hides the cell's message: run again with errors allowed, to show it.
    execute --allow-errors "$notebook" && print_outputs ".jupyter/out/$notebook"
    exit 1
  fi
done
