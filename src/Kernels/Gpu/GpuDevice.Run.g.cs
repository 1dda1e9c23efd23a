using ILGPU.Runtime;

namespace PureLora;

/// <summary>
/// For each number of kernel parameters: <c>Run</c> launches a grid-stride kernel over items, <c>RunGroups</c> one whose
/// groups share memory, and the third takes both and launches what suits the device. A kernel is compiled when first
/// launched. Written by eng/make-launches.cs.
/// </summary>
public sealed partial class GpuDevice
{
    internal void Run<T1>(Action<T1> kernel, long items, T1 a1)
        where T1 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1>(Action<T1> kernel, long groups, T1 a1)
        where T1 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1>(Action<T1> kernel, long items, Action<T1> grouped, long groups, T1 a1)
        where T1 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1);
        else
            Run(kernel, items, a1);
    }

    internal void Run<T1, T2>(Action<T1, T2> kernel, long items, T1 a1, T2 a2)
        where T1 : struct where T2 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2>(Action<T1, T2> kernel, long groups, T1 a1, T2 a2)
        where T1 : struct where T2 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2>(Action<T1, T2> kernel, long items, Action<T1, T2> grouped, long groups, T1 a1, T2 a2)
        where T1 : struct where T2 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2);
        else
            Run(kernel, items, a1, a2);
    }

    internal void Run<T1, T2, T3>(Action<T1, T2, T3> kernel, long items, T1 a1, T2 a2, T3 a3)
        where T1 : struct where T2 : struct where T3 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2, a3);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2, T3>(Action<T1, T2, T3> kernel, long groups, T1 a1, T2 a2, T3 a3)
        where T1 : struct where T2 : struct where T3 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2, a3);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2, T3>(Action<T1, T2, T3> kernel, long items, Action<T1, T2, T3> grouped, long groups, T1 a1, T2 a2, T3 a3)
        where T1 : struct where T2 : struct where T3 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2, a3);
        else
            Run(kernel, items, a1, a2, a3);
    }

    internal void Run<T1, T2, T3, T4>(Action<T1, T2, T3, T4> kernel, long items, T1 a1, T2 a2, T3 a3, T4 a4)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2, a3, a4);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2, T3, T4>(Action<T1, T2, T3, T4> kernel, long groups, T1 a1, T2 a2, T3 a3, T4 a4)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2, a3, a4);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2, T3, T4>(Action<T1, T2, T3, T4> kernel, long items, Action<T1, T2, T3, T4> grouped, long groups, T1 a1, T2 a2, T3 a3, T4 a4)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2, a3, a4);
        else
            Run(kernel, items, a1, a2, a3, a4);
    }

    internal void Run<T1, T2, T3, T4, T5>(Action<T1, T2, T3, T4, T5> kernel, long items, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2, T3, T4, T5>(Action<T1, T2, T3, T4, T5> kernel, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2, T3, T4, T5>(Action<T1, T2, T3, T4, T5> kernel, long items, Action<T1, T2, T3, T4, T5> grouped, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2, a3, a4, a5);
        else
            Run(kernel, items, a1, a2, a3, a4, a5);
    }

    internal void Run<T1, T2, T3, T4, T5, T6>(Action<T1, T2, T3, T4, T5, T6> kernel, long items, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2, T3, T4, T5, T6>(Action<T1, T2, T3, T4, T5, T6> kernel, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2, T3, T4, T5, T6>(Action<T1, T2, T3, T4, T5, T6> kernel, long items, Action<T1, T2, T3, T4, T5, T6> grouped, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2, a3, a4, a5, a6);
        else
            Run(kernel, items, a1, a2, a3, a4, a5, a6);
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7>(Action<T1, T2, T3, T4, T5, T6, T7> kernel, long items, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2, T3, T4, T5, T6, T7>(Action<T1, T2, T3, T4, T5, T6, T7> kernel, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7>(Action<T1, T2, T3, T4, T5, T6, T7> kernel, long items, Action<T1, T2, T3, T4, T5, T6, T7> grouped, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2, a3, a4, a5, a6, a7);
        else
            Run(kernel, items, a1, a2, a3, a4, a5, a6, a7);
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8>(Action<T1, T2, T3, T4, T5, T6, T7, T8> kernel, long items, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2, T3, T4, T5, T6, T7, T8>(Action<T1, T2, T3, T4, T5, T6, T7, T8> kernel, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8>(Action<T1, T2, T3, T4, T5, T6, T7, T8> kernel, long items, Action<T1, T2, T3, T4, T5, T6, T7, T8> grouped, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2, a3, a4, a5, a6, a7, a8);
        else
            Run(kernel, items, a1, a2, a3, a4, a5, a6, a7, a8);
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8, T9>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel, long items, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8, a9]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8, a9);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2, T3, T4, T5, T6, T7, T8, T9>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8, a9]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8, a9);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8, T9>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel, long items, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> grouped, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2, a3, a4, a5, a6, a7, a8, a9);
        else
            Run(kernel, items, a1, a2, a3, a4, a5, a6, a7, a8, a9);
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel, long items, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel, long items, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> grouped, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10);
        else
            Run(kernel, items, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10);
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> kernel, long items, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> kernel, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> kernel, long items, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> grouped, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
        else
            Run(kernel, items, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> kernel, long items, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> kernel, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> kernel, long items, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> grouped, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12);
        else
            Run(kernel, items, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12);
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> kernel, long items, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct where T13 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> kernel, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct where T13 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> kernel, long items, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> grouped, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct where T13 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13);
        else
            Run(kernel, items, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13);
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> kernel, long items, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13, T14 a14)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct where T13 : struct where T14 : struct
    {
        var shape = Shape(items);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void RunGroups<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> kernel, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13, T14 a14)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct where T13 : struct where T14 : struct
    {
        var shape = Groups(groups);
        try
        {
            Launching?.Invoke(kernel.Method, shape);
            if (Instead is not null)
                Instead(kernel.Method, shape, [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14]);
            else
                driver.Load(kernel, a => a.LoadKernel(kernel, wholeGroup))(accelerator.DefaultStream, shape, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal void Run<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> kernel, long items, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> grouped, long groups, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13, T14 a14)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct where T9 : struct where T10 : struct where T11 : struct where T12 : struct where T13 : struct where T14 : struct
    {
        if (HasGroups)
            RunGroups(grouped, groups, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14);
        else
            Run(kernel, items, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14);
    }
}
