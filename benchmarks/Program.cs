using BenchmarkDotNet.Running;
using PureLora.Benchmarks;

// In this process: the project that BenchmarkDotNet would generate for another one has no part in the locked restore.
if (args is ["formats", .. var rest])
    FormatRatios.Run(Threads(rest));
else if (args is ["attention", .. var more])
    AttentionRates.Run(Threads(more));
else if (args is ["bandwidth", .. var others])
    Bandwidth.Run(Threads(others));
else
    BenchmarkSwitcher.FromAssembly(typeof(MatMulBenchmarks).Assembly).Run([.. args, "--inProcess"]);

// 0 takes every core.
static int Threads(string[] given) => given is [var count] ? int.Parse(count) : 0;
