#!/usr/bin/env bash
# Every test there is: README's; on OpenCL, where there is a device, and in the interpreter of PTX by five schedules on all
# shapes, what README's leaves out; then whether each kernel had its share.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
dotnet test -c Release
PURELORA_TEST_ALL=1 PURELORA_PTX_LOG=$log dotnet test -c Release --no-build --filter "DisplayName~ptx:|DisplayName~opencl"
PURELORA_PTX_LOG_READ=$log dotnet test -c Release --no-build --filter FullyQualifiedName~PtxLogTests
