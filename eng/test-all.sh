#!/usr/bin/env bash
# Every test there is: README's, and every GPU kernel in the interpreter of PTX by five schedules on all shapes; then
# counts whether each kernel had its share.
set -euo pipefail
cd "$(dirname "$0")/.."
PURELORA_PTX_LOG=$(mktemp)
export PURELORA_PTX_LOG
dotnet test -c Release
PURELORA_TEST_ALL=1 dotnet test -c Release --no-build --filter DisplayName~ptx:
dotnet test -c Release --no-build --filter FullyQualifiedName~PtxLogTests
