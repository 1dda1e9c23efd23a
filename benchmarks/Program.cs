using BenchmarkDotNet.Running;
using PureLora.Benchmarks;

// In this process: the project that BenchmarkDotNet would generate for another one has no part in the locked restore.
if (args is ["peak"])
    Peak.Run();
else if (args is ["formats", .. var threads])
    FormatRatios.Run(threads is [var count] ? int.Parse(count) : 0);
else if (args is ["attention", .. var workers])
    AttentionRates.Run(workers is [var number] ? int.Parse(number) : 0);
else if (args is ["rows"])
    RowRates.Run();
else
    BenchmarkSwitcher.FromAssembly(typeof(MatMulBenchmarks).Assembly).Run([.. args, "--inProcess"]);
