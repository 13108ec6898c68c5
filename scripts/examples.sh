#!/usr/bin/env bash
# Runs every numbered example against src, without a build; files without a number are their helpers.
# 01-main-job is the long demo: `npm run demo`.
set -euo pipefail
cd "$(dirname "$0")/.."
for example in examples/[0-9]*.ts; do
  [[ "$example" == examples/01-main-job.ts ]] && continue
  echo "== $example"
  npx tsx -C quantwright-source "$example"
done
