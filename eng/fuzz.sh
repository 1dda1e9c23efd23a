#!/usr/bin/env bash
# Reads broken copies of real files with every reader: CASES for each (40,000 by default), drawn from SEED (today's date).
# Third-party files are broken too where PURELORA_FIXTURES names their folder.   eng/fuzz.sh [CASES] [SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
export PURELORA_FUZZ_CASES=${1:-40000} PURELORA_FUZZ_SEED=${2:-$(date +%Y%m%d)}
echo "seed $PURELORA_FUZZ_SEED, $PURELORA_FUZZ_CASES cases for each reader"
dotnet test -c Release tests --filter Category=Fuzz --logger "console;verbosity=detailed"
