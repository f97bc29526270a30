namespace TransformerXL.Analysis.Reports;

/// <summary>Reads a file line by line in constant space, whatever stands in it.</summary>
internal static class JsonLineReader
{
    /// <summary>The longest line that is read; longer ones are passed over.</summary>
    internal const int MaxBytes = 8 << 20;

    private const int FirstBytes = 1 << 16;

    /// <summary>A plain null would be taken for an empty array, and with it for an empty line.</summary>
    private static ReadOnlyMemory<byte>? TooLong => null;

    /// <summary>Hands out each line without its end; null for one that is too long. Whether the last one had an end is told too.</summary>
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
