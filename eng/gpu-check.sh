#!/usr/bin/env bash
# Tries a GPU and writes gpu-report.md here, or in $OUT: tests, a training run beside the host's, products, steps.
# What fails becomes a line "could not run". PURELORA_CHECK_SECONDS (600) limits each part.
set -uo pipefail
case ${1:-} in
  -h | --help)
    echo "usage: eng/gpu-check.sh [cuda:N | opencl:N]      the device to check; the first card if none is named"
    echo "Writes gpu-report.md here, or in the folder OUT. A part takes PURELORA_CHECK_SECONDS (600) at most."
    exit 0 ;;
  '' | cuda | cuda:[0-9]* | opencl | opencl:[0-9]*) ;;
  *)
    echo "gpu-check.sh: '$1' is not a device; it needs cuda:N or opencl:N. Run 'purelora devices' to see what this machine has." >&2
    exit 2 ;;
esac
out=${OUT:-.}
mkdir -p "$out" || exit 1
report=$(cd "$out" && pwd)/gpu-report.md
cd "$(dirname "$0")/.." || exit 1
seconds=${PURELORA_CHECK_SECONDS:-600}
scratch=$(mktemp -d)
missed=0
echo "It takes a quarter to half an hour, and at most $seconds s for each of some 15 parts." >&2
log=$scratch/log
trap 'rm -rf "$scratch"' EXIT
: >"$report" || exit 1

say() { printf '%s\n' "$*" >>"$report"; }
head2() { say "" && say "## $*" && say "" && echo "$*" >&2; }
fenced() { { echo '```'; cat; echo '```'; } >>"$report"; }

# try WHAT COMMAND...: its output is in $log; false, with a line in the report, where it does not end well in time.
try() {
  local what=$1 code
  shift
  timeout -k 20 "$seconds" "$@" >"$log" 2>&1
  code=$?
  [ "$code" -eq 0 ] && return
  missed=$((missed + 1))
  case $code in 124 | 137) code="stopped after $seconds s" ;; *) code="exit code $code" ;; esac
  say "could not run: $what ($code). Its last lines:"
  tail -n 8 "$log" | cut -c1-400 | fenced
  say ""
  return 1
}

purelora() { dotnet src/Cli/bin/Release/net10.0/purelora.dll "$@"; }
export -f purelora
tool() { local what=$1; shift; try "$what" bash -c 'purelora "$@"' purelora "$@"; }

# One line for each device: name, description, bytes, null or why it is refused, with tabs between.
devices() {
  purelora devices --json 2>/dev/null | sed 's/{"name"/\n{"name"/g' |
    sed -n 's/^{"name":"\([^"]*\)","description":"\([^"]*\)","memory_bytes":\([a-z0-9]*\),"free_bytes":[a-z0-9]*,"refused":\(.*\)}.*/\1\t\2\t\3\t\4/p'
}

say "# PureLora on a GPU"
head2 "Machine"
say "- date: $(date -u '+%Y-%m-%d %H:%M UTC')"
say "- commit: $(git rev-parse HEAD 2>/dev/null || echo unknown)$([ -z "$(git status --porcelain 2>/dev/null)" ] || echo ', with changes')"
say "- system: $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2>/dev/null), $(uname -srm)"
processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
say "- processor: ${processor:-unknown}, $(getconf _NPROCESSORS_ONLN) threads"
say "- .NET SDK: $(dotnet --version 2>&1 | tail -n 1)"
say ""
if ! command -v nvidia-smi >/dev/null; then
  say "could not run: nvidia-smi (it is not installed)"
elif try nvidia-smi nvidia-smi; then
  fenced <"$log"
fi
say ""
try "the build" dotnet build -c Release PureLora.sln -v q || { echo "$report"; exit 0; }
tool "purelora devices" devices && fenced <"$log"

# The card that auto takes, or else the first device of any kind that can be used.
device=${1:-$(purelora devices | awk '$1 == "auto" && $2 != "cpu" { print $2 }')}
device=${device:-$(devices | awk -F '\t' '$4 == "null" && $1 ~ /^(cuda|opencl):/ { print $1; exit }')}
if [ -z "$device" ]; then
  say ""
  say "could not run: anything else (no device of CUDA or OpenCL can be used; the list above says why)"
  echo "$report"
  exit 0
fi
kind=${device%%:*}
[ "$device" != "$kind" ] || device=$kind:0
# Settings of a run take the first device of a kind by the kind alone.
trains=$device
[ "$device" != "$kind:0" ] || trains=$kind
named=$(devices | awk -F '\t' -v name="$device" '$1 == name { print $2 }')
if [ -z "$(devices | awk -F '\t' -v name="$device" '$1 == name && $4 == "null"')" ]; then
  say ""
  say "could not run: anything else (device $device cannot be used; the list above says why)"
  echo "gpu-check.sh: device $device cannot be used here; 'purelora devices' says why." >&2
  exit 2
fi
slow=
case $kind:$named in
  opencl:pthread* | opencl:cpu* | opencl:*CPU*) slow=1 ;;
  opencl:"$processor") slow=1 ;;
esac
say ""
say "Checked: $device (${named:-not in the list}), at most $seconds s for each part."
[ -z "$slow" ] || say "It is a processor as an OpenCL device, so all is small: one size of product, shape tiny with --max-seq-length 256 --per-device-train-batch-size 2, a training run of 40 steps."

head2 "Tests on $device"
classes='FullyQualifiedName~OpTests|FullyQualifiedName~GoldenModelTests|FullyQualifiedName~GoldenAdapterTests|FullyQualifiedName~MatMulTests|FullyQualifiedName~AttentionTests|FullyQualifiedName~CrossEntropyTests|FullyQualifiedName~OptimizerTests|FullyQualifiedName~TileTests|FullyQualifiedName~GroupTests|FullyQualifiedName~RaggedTests|FullyQualifiedName~QuantizedWeightTests'
export PURELORA_TEST_DEVICE=$device PURELORA_TEST_ALL=1
if try "all of the tests" dotnet test -c Release --no-build tests/Tests.csproj --filter "($classes)&DisplayName~$kind" --logger "console;verbosity=normal"; then
  if grep -q 'Total tests' "$log"; then
    sed -n '/Total tests/,$p' "$log" | fenced
  else
    say "could not run: the tests (none has $kind in its name)"
  fi
else
  say "passed $(grep -c '^ *Passed ' "$log"), failed $(grep -c '^ *Failed ' "$log"), skipped $(grep -c '^ *Skipped ' "$log") before it ended"
  ! grep -q '^ *Failed ' "$log" || grep '^ *Failed ' "$log" | head -n 40 | fenced
fi

head2 "A training run beside the host's"
# losses FILE: step and loss of each logged step
losses() { sed -n 's|^ *step *\([0-9]*\)/.* loss \([0-9.eE+-]*\) .*|\1 \2|p' "$1"; }
steps=300 every=25
[ -z "$slow" ] || steps=40 every=5
run() {
  tool "training on $1" train --config examples/quickstart/quickstart.yaml --device "$1" --output-dir "$scratch/$1" --max-steps $steps --logging-steps $every &&
    cp "$log" "$scratch/$1.log"
}
if run cpu && run "$trains"; then
  losses "$scratch/cpu.log" >"$scratch/host"
  losses "$scratch/$trains.log" | awk -v name="$device" '
    NR == FNR { host[$1] = $2; next }
    FNR == 1 { print "| step | loss on cpu | loss on " name " | difference |\n|---:|---:|---:|---:|" }
    $1 in host { d = $2 - host[$1]; printf "| %d | %s | %s | %.4f |\n", $1, host[$1], $2, d; d = d < 0 ? -d : d; if (d > most) most = d; n++ }
    END { if (n) printf "\nlargest difference of %d losses: %.4f\n", n, most; else print "could not run: the comparison (no losses were logged)" }' "$scratch/host" - >>"$report"
  for name in cpu "$trains"; do
    say ""
    say "$name: $(grep -E '^ *(trained|run hash) ' "$scratch/$name.log" | tr -s ' \n' ' ')"
  done
fi

head2 "Products"
if tool "bench matmul" bench matmul --device "$device" --format all ${slow:+--size 256x256x256 --rounds 1}; then
  fenced <"$log"
fi
if [ "$kind" = cuda ]; then
  say ""
  say "On tensor cores:"
  say ""
  tool "bench matmul --bf16" bench matmul --device "$device" --format all --bf16 && fenced <"$log"
fi

head2 "Steps"
rows=$scratch/rows
kernels=$scratch/kernels
: >"$kernels"
echo '| step | tokens/s | s/step | device bytes | planned | kernels compiled in | loss |
|---|---:|---:|---:|---:|---:|---:|' >"$rows"
# step NAME FLAGS...: one row of the table, and the kernels that took longest.
step() {
  local name=$1
  shift
  echo "  $name" >&2
  tool "$name (bench step $*)" bench step --device "$trains" "$@" || return
  awk -v name="$name" '
    /^compiled /  { compiled = $(NF - 1) " " $NF }
    /^step /      { seconds = $2; tokens = $4; loss = $NF }
    /^device /    { bytes = $2; planned = $NF }
    END { printf "| %s | %s | %s | %s | %s | %s | %s |\n", name, tokens, seconds, bytes, planned, compiled, loss }' "$log" >>"$rows"
  { echo "$name"; grep -E '^ +[0-9.]+ %  ' "$log" | head -n 6; } >>"$kernels"
}
shapes="tiny smol135m llama1b-4l"
[ -z "$slow" ] || shapes=tiny
for shape in $shapes; do
  size=(--shape "$shape" --max-seq-length 512 --per-device-train-batch-size 4 --max-steps 5)
  [ -z "$slow" ] || size=(--shape "$shape" --max-seq-length 256 --per-device-train-batch-size 2)
  step "$shape LoRA" "${size[@]}"
  step "$shape QLoRA" "${size[@]}" --load-in-4bit
  [ "$kind" != cuda ] || step "$shape LoRA bf16" "${size[@]}" --bf16
done
say "The row's device bytes are the most that were held; \`--max-seq-length ${size[3]} --per-device-train-batch-size ${size[5]}\`."
say ""
cat "$rows" >>"$report"
say ""
say "Where the time goes:"
fenced <"$kernels"
[ "$missed" -eq 0 ] || echo "$missed parts could not run; the report says why." >&2
echo "$report"
