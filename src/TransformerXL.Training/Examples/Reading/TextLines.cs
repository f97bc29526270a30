namespace TransformerXL.Training.Examples.Reading;

/// <summary>The lines of a file, one at a time.</summary>
internal static class TextLines
{
    private const int Chunk = 1 << 13;

    /// <summary>Lines without their ends (LF or CR LF), with their numbers from 1.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">The most characters of a line.</param>
    /// <exception cref="InputException">The file is not text, or a line is too long.</exception>
    public static IEnumerable<(long Number, string Text)> Read(string path, int longest) => Read(() => CheckedTextReader.Open(path), path, longest);

    /// <summary>The lines of an open text.</summary>
    /// <param name="open">Opens it; called when the first line is read.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="longest">The most characters of a line.</param>
    /// <param name="remedy">What helps against a longer line, for its message.</param>
    /// <exception cref="InputException">It is not text, or a line is too long.</exception>
    public static IEnumerable<(long Number, string Text)> Read(Func<CheckedTextReader> open, string path, int longest, string remedy = "divide the text, or allow longer ones")
    {
        using CheckedTextReader reader = open();
        char[] buffer = new char[Chunk];
        int start = 0, end = 0;
        for (long number = 1; ; number++)
        {
            int newline;
            for (int searched = start; (newline = buffer.AsSpan(searched, end - searched).IndexOf('\n')) < 0;)
            {
                if (start > 0)
                {
                    buffer.AsSpan(start, end - start).CopyTo(buffer);
                    (start, end) = (0, end - start);
                }

                searched = end;
                new ExamplePlace(path, number).Require(end <= longest, $"the line has more than {longest} characters, the most that a line may have; {remedy}");
                if (end == buffer.Length)
                {
                    Array.Resize(ref buffer, (int)Math.Min(Array.MaxLength, buffer.Length * 2L));
                }

                int count = reader.Read(buffer.AsSpan(end));
                end += count;
                if (count == 0)
                {
                    if (end > start)
                    {
                        yield return (number, Without(buffer.AsSpan(start, end - start)));
                    }

                    yield break;
                }
            }

            newline = buffer.AsSpan(start, end - start).IndexOf('\n') + start;
            string line = Without(buffer.AsSpan(start, newline - start));
            start = newline + 1;
            yield return (number, line);
        }
    }

    private static string Without(ReadOnlySpan<char> line) => (line is [.., '\r'] ? line[..^1] : line).ToString();
}
