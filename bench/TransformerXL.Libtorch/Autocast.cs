using System.Runtime.InteropServices;

namespace TransformerXL.Libtorch;

/// <summary>libtorch's autocast on the processor, which TorchSharp does not wrap: while it is on, products of float32 parameters run in bfloat16.</summary>
internal static class Autocast
{
    private const string Library = "libtorch_cpu.so";
    private const sbyte Processor = 0;

    /// <summary>Runs a forward pass, with autocast or without.</summary>
    public static T Run<T>(bool isOn, Func<T> forward)
    {
        if (!isOn)
        {
            return forward();
        }

        SetEnabled(Processor, 1);
        _ = IncrementNesting();
        try
        {
            return forward();
        }
        finally
        {
            if (DecrementNesting() == 0)
            {
                ClearCache();
            }

            SetEnabled(Processor, 0);
        }
    }

    [DllImport(Library, EntryPoint = "_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb")]
    private static extern void SetEnabled(sbyte device, byte isOn);

    [DllImport(Library, EntryPoint = "_ZN2at8autocast17increment_nestingEv")]
    private static extern int IncrementNesting();

    [DllImport(Library, EntryPoint = "_ZN2at8autocast17decrement_nestingEv")]
    private static extern int DecrementNesting();

    [DllImport(Library, EntryPoint = "_ZN2at8autocast11clear_cacheEv")]
    private static extern void ClearCache();
}
