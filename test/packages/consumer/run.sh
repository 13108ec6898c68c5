#!/usr/bin/env bash
# A stranger's project: install the packed tarball, load every subpath as ES module and as CommonJS, and read its types.
# Needs `npm run build`.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
project="$(mktemp -d)"
trap 'rm -rf "$project"' EXIT

npm pack --silent --pack-destination "$project" "$root" >/dev/null
cp "$root/subpaths.json" "$here"/load.* "$project"
cd "$project"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund ./quantwright-*.tgz

echo "== import";                                node load.mjs
echo "== require";                               node load.cjs
echo "== require, where it cannot load ES modules"; node --no-experimental-require-module load.cjs

# Types: strict, the package's own .d.ts checked too, as an ES module and as CommonJS.
node -p '["", ...require("./subpaths.json").map((name) => "/" + name)].map((name, i) => `import * as room${i} from "quantwright${name}"; export type Room${i} = typeof room${i};`).join("\n")' > types.ts
cp types.ts types.mts
tsc() { node "$root/node_modules/typescript/bin/tsc" --noEmit --strict --target es2022 --lib es2022,dom "$@"; }
echo "== types, node16";   tsc --module node16 types.ts types.mts
echo "== types, nodenext"; tsc --module nodenext types.ts types.mts
echo "== types, bundler";  tsc --module esnext --moduleResolution bundler types.ts
echo "== types, node10";   tsc --module commonjs --moduleResolution node10 types.ts
