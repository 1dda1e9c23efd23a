using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text;

namespace PureLora;

/// <summary>
/// The <c>purelora</c> tool. Errors are one line; PURELORA_DEBUG=1 adds the stack trace.
/// </summary>
static class Program
{
    public static readonly IReadOnlyList<(int Code, string Meaning)> ExitCodes =
    [
        (0, "done"), (1, "the run failed: a file, the data, the disk, the memory or the device"), (2, "a flag, a setting or its value is wrong"),
        (130, "stopped with Ctrl-C (SIGINT)"), (143, "asked to end (SIGTERM)"),
    ];

    static int Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        int signalled = 0;
        void Stop(PosixSignalContext signal)
        {
            // The second signal is left to the system: it ends a run that does not listen.
            signal.Cancel = Interlocked.Exchange(ref signalled, signal.Signal == PosixSignal.SIGTERM ? 143 : 130) == 0;
            if (signal.Cancel)
                stop.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        int code = Run(args, Console.Out, Console.Error, stop.Token);
        return code == 130 ? signalled : code;
    }

    /// <summary>Everything that <c>purelora args</c> does; the exit code comes back.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, CancellationToken stop = default)
    {
        int Fail(Exception e, int code, string hint = "")
        {
            bool debug = Environment.GetEnvironmentVariable("PURELORA_DEBUG") is "1";
            error.WriteLine($"error: {e.Message.ReplaceLineEndings(" ")}{(debug ? "" : hint)}");
            if (debug)
                error.WriteLine(e);
            return code;
        }

        try
        {
            var console = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return CommandLine.Parse(args).InvokeAsync(console, stop).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested)
        {
            error.WriteLine(e is StoppedException ? $"stopped {e.Message}" : "stopped");
            return 130;
        }
        catch (UsageException e)
        {
            return Fail(e, 2);
        }
        catch (PureLoraException e)
        {
            return Fail(e, 1);
        }
        catch (OutOfMemoryException e)
        {
            return Fail(new PureLoraException("memory: the machine has no more of it, but this run needs more. Lower per_device_train_batch_size, max_seq_length or r, or set gradient_checkpointing: true.", e), 1);
        }
        catch (Exception e)
        {
            return Fail(e, 1, $" ({e.GetType().Name}; set PURELORA_DEBUG=1 for the trace)");
        }
    }
}
