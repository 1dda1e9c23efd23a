#!/usr/bin/env bash
# Makes examples/tiny-base again: its text, its tokenizer, and training from random weights. The bytes are the same
# on any machine.   eng/make-tiny-base.sh          replaces the committed files
#                   eng/make-tiny-base.sh --check  compares with them instead
set -euo pipefail
cd "$(dirname "$0")/.."
put=cp
[ "${1:-}" != --check ] || put=cmp
out=output/tiny-base
rm -rf "$out"
dotnet run eng/tiny-text.cs -- "$out"
mkdir "$out/seed"
cp examples/tiny-base/seed/config.json "$out/seed/"
dotnet run eng/tiny-tokenizer.cs -- "$out/base-train.jsonl" 1024 "$out/seed"
dotnet run -c Release --project src/Cli -- train --config examples/tiny-base/tiny-base.yaml
for file in train.jsonl heldout.jsonl; do "$put" "$out/$file" "examples/quickstart/$file"; done
for file in config.json model.safetensors tokenizer.json tokenizer_config.json; do
  "$put" "$out/model/$file" "examples/tiny-base/$file"
done
sha256sum "$out/model/model.safetensors"
