#!/usr/bin/env bash
# Runs every example against src, without a build. 01-main-job is the long demo: `npm run demo`.
set -euo pipefail
cd "$(dirname "$0")/.."
for example in examples/*.ts; do
  [[ "$example" == examples/01-main-job.ts || ! -e "$example" ]] && continue
  echo "== $example"
  npx tsx -C quantwright-source "$example"
done
