using TransformerXL.Files;
using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>
/// Joins two files whose lines belong together, line n of the second being the translation of line n of the first: a text in which each line is followed by its translation. White space at
/// the ends of lines is left out, and so are pairs with an empty line.
/// </summary>
internal sealed class AlignedLines : IDisposable
{
    private readonly FileStream _file;

    private AlignedLines(FileStream file, TextSource source, long pairs) => (_file, Source, Pairs) = (file, source, pairs);

    /// <summary>The joined lines.</summary>
    public TextSource Source { get; }

    /// <summary>The number of pairs.</summary>
    public long Pairs { get; }

    /// <summary>Writes the joined lines to a file, which stays until this is disposed of.</summary>
    /// <param name="first">The file of the lines.</param>
    /// <param name="second">The file of their translations.</param>
    /// <param name="folder">The folder of the new file.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="InputException">A file is missing or cannot be read, they have different numbers of lines, or no line has a translation.</exception>
    public static AlignedLines Join(string first, string second, string folder, CancellationToken cancellationToken)
    {
        FileInfo[] files = [Existing(first), Existing(second)];
        string name = $"{first} with {second}";
        FileStream? file = null;
        try
        {
            // Processes that start at the same time each join the lines, and each has a file of its own.
            Directory.CreateDirectory(folder);
            file = AtomicFile.CreateTemporary(Path.Combine(folder, "pairs.txt"));
            long pairs = Write(first, second, file, cancellationToken);
            Require.That(pairs > 0, $"no line of '{first}' has a translation in '{second}': all lines of one of them are empty");
            file.Flush();
            string path = file.Name;
            SourcePart part = new(
                name, 0, file.Length, files.Max(input => input.LastWriteTimeUtc.Ticks), EndsLine: true, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            return new AlignedLines(file, new TextSource(name, [part], hasLines: true), pairs);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Erase(file);
            throw new InputException($"'{first}' and '{second}' cannot be joined in '{folder}': {exception.Message}", exception);
        }
        catch
        {
            Erase(file);
            throw;
        }
    }

    /// <summary>Erases the file.</summary>
    public void Dispose() => Erase(_file);

    /// <summary>Deleted while still open: the lock that says that a live process uses it ends afterwards.</summary>
    private static void Erase(FileStream? file)
    {
        if (file is not null)
        {
            BestEffort.Try(() => File.Delete(file.Name));
            BestEffort.Try(file.Dispose);
        }
    }

    /// <summary>The splits by the fractions of the options, between pairs.</summary>
    public CorpusPlan Cut(CorpusOptions options)
    {
        long test = (long)(Pairs * options.TestFraction), validation = (long)(Pairs * options.ValidationFraction), train = Pairs - validation - test;
        (long trainEnd, long validationEnd) = Offsets(2 * train, 2 * (train + validation));
        return new CorpusPlan(
            new SplitRange("train", Source, 0, trainEnd),
            new SplitRange("validation", Source, trainEnd, validationEnd),
            new SplitRange("test", Source, validationEnd, Source.Length))
        {
            HasPairs = true,
        };
    }

    /// <summary>Where two lines end, counted from 1.</summary>
    private (long First, long Second) Offsets(long first, long second)
    {
        long lines = 0, at = 0, firstOffset = 0, secondOffset = 0;
        foreach (ReadOnlyMemory<byte> chunk in Source.ReadChunks(0, Source.Length))
        {
            foreach (byte value in chunk.Span)
            {
                at++;
                lines += value == '\n' ? 1 : 0;
                firstOffset = value == '\n' && lines == first ? at : firstOffset;
                secondOffset = value == '\n' && lines == second ? at : secondOffset;
            }
        }

        return (firstOffset, secondOffset);
    }

    private static FileInfo Existing(string path) => File.Exists(path) ? new FileInfo(path) : throw new InputException($"there is no file '{path}'");

    private static long Write(string first, string second, Stream output, CancellationToken cancellationToken)
    {
        using LineReader one = new(first), two = new(second);
        long pairs = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool hasOne = one.Read(out ReadOnlySpan<byte> line), hasTwo = two.Read(out ReadOnlySpan<byte> translation);
            if (hasOne != hasTwo)
            {
                one.Skip();
                two.Skip();
                throw new InputException($"'{first}' has {Counted.Of(one.Lines, "line")}, but '{second}' {two.Lines}; line n of the second file must be the translation of line n of the first");
            }

            if (!hasOne)
            {
                return pairs;
            }

            if (!line.IsEmpty && !translation.IsEmpty)
            {
                output.Write(line);
                output.WriteByte((byte)'\n');
                output.Write(translation);
                output.WriteByte((byte)'\n');
                pairs++;
            }
        }
    }

    /// <summary>Lines of a file without white space at their ends.</summary>
    private sealed class LineReader(string path) : IDisposable
    {
        private const int LongestLine = 1 << 18;
        private readonly FileStream _stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        private readonly byte[] _buffer = new byte[2 * LongestLine];
        private int _start, _end;
        private bool _isRead;

        /// <summary>Lines read so far.</summary>
        public long Lines { get; private set; }

        public bool Read(out ReadOnlySpan<byte> line)
        {
            int length;
            while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n')) < 0 && Fill())
            {
                // More of the line has been read.
            }

            line = default;
            int end = length < 0 ? _end : _start + length;
            if (length < 0 && _start == _end)
            {
                return false;
            }

            line = _buffer.AsSpan(_start, end - _start);
            line = (Lines == 0 && line.StartsWith(ByteOrderMark.Utf8) ? line[ByteOrderMark.Utf8.Length..] : line).Trim(" \t\r\v\f"u8);
            _start = length < 0 ? end : end + 1;
            Lines++;
            return true;
        }

        public void Skip()
        {
            while (Read(out _))
            {
                // Only counted.
            }
        }

        public void Dispose() => _stream.Dispose();

        private bool Fill()
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            if (_end >= LongestLine)
            {
                throw new InputException($"line {Lines + 1} of '{path}' has more than {LongestLine} bytes; a pair of lines should be a sentence and its translation");
            }

            int count = _isRead ? 0 : _stream.Read(_buffer, _end, _buffer.Length - _end);
            (_end, _isRead) = (_end + count, count == 0);
            return count > 0;
        }
    }
}
