using BenchmarkDotNet.Running;

// In this process: the project that BenchmarkDotNet would generate for another one has no part in the locked restore.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. args, "--inProcess"]);
