namespace TransformerXL.Testing;

/// <summary>Counts what a piece of code allocates on the managed heap.</summary>
public static class Allocations
{
    /// <summary>
    /// The fewest bytes that this thread allocated in one of several rounds: the runtime may allocate once for itself at any moment; a
    /// round that made garbage would make some every time.
    /// </summary>
    public static long MinOf(Action round, int rounds = 10)
    {
        ArgumentNullException.ThrowIfNull(round);
        long fewest = long.MaxValue;
        for (int i = 0; i < rounds && fewest > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            fewest = Math.Min(fewest, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return fewest;
    }
}
