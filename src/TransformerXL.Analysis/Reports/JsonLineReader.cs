namespace TransformerXL.Analysis.Reports;

/// <summary>Reads a file line by line in constant space, whatever its contents.</summary>
internal static class JsonLineReader
{
    /// <summary>The maximum length of a line; longer lines are skipped.</summary>
    internal const int MaxBytes = 8 << 20;

    private const int FirstBytes = 1 << 16;

    /// <summary>A plain null would be converted to an empty array and look like an empty line.</summary>
    private static ReadOnlyMemory<byte>? TooLong => null;

    /// <summary>Returns each line without its line end, or null if it is too long; with it, whether it had a line end (the last line may have none).</summary>
    public static void Read(Stream stream, Action<ReadOnlyMemory<byte>?, bool> line)
    {
        byte[] buffer = new byte[FirstBytes];
        int filled = 0;
        bool tooLong = false;
        for (int read; (read = stream.Read(buffer, filled, buffer.Length - filled)) > 0;)
        {
            int begin = 0, search = filled;
            filled += read;
            for (int end; (end = buffer.AsSpan(search, filled - search).IndexOf((byte)'\n')) >= 0; begin = search)
            {
                line(tooLong ? TooLong : buffer.AsMemory(begin, search + end - begin), true);
                (tooLong, search) = (false, search + end + 1);
            }

            buffer.AsSpan(begin, filled - begin).CopyTo(buffer);
            filled -= begin;
            if (filled == buffer.Length && buffer.Length < MaxBytes)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
            else if (filled == buffer.Length)
            {
                (tooLong, filled) = (true, 0);
            }
        }

        if (filled > 0 || tooLong)
        {
            line(tooLong ? TooLong : buffer.AsMemory(0, filled), false);
        }
    }
}
