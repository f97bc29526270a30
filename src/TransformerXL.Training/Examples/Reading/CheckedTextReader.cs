using System.Buffers;
using System.Text.Unicode;
using TransformerXL.Files;
using TransformerXL.Text;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>Reads a file as strict UTF-8 without NUL characters, and counts lines. A byte order mark at the beginning is left out.</summary>
internal sealed class CheckedTextReader : TextReader
{
    private const int Chunk = 1 << 14;
    private readonly string _path;
    private readonly Stream _stream;
    private readonly byte[] _bytes = new byte[Chunk];
    private int _start, _end;
    private long _offset, _line = 1;
    private bool _begun, _complete;
    private int _peeked = -1;

    /// <param name="path">The file, for messages.</param>
    /// <param name="stream">Its bytes; the reader disposes it.</param>
    public CheckedTextReader(string path, Stream stream) => (_path, _stream) = (path, stream);

    /// <exception cref="InputException">The file cannot be opened.</exception>
    public static CheckedTextReader Open(string path) => new(path, OpenFile(path));

    /// <summary>Opens a file.</summary>
    /// <exception cref="InputException">It cannot be opened, or is a pipe.</exception>
    public static FileStream OpenFile(string path)
    {
        try
        {
            RegularFile.Require(path);
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InputException($"'{path}' cannot be read: {FileFault.Reason(exception, path)}", exception);
        }
    }

    public override int Peek()
    {
        if (_peeked < 0)
        {
            _peeked = Read();
        }

        return _peeked;
    }

    public override int Read()
    {
        Span<char> one = stackalloc char[2];
        if (_peeked >= 0)
        {
            (int value, _peeked) = (_peeked, -1);
            return value;
        }

        // A pair of surrogates needs room for both.
        int count = ReadDecoded(one);
        if (count == 2)
        {
            _peeked = one[1];
        }

        return count == 0 ? -1 : one[0];
    }

    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    public override int Read(Span<char> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        if (_peeked >= 0 || buffer.Length == 1)
        {
            int value = Read();
            buffer[0] = (char)Math.Max(value, 0);
            return value < 0 ? 0 : 1;
        }

        return ReadDecoded(buffer);
    }

    protected override void Dispose(bool disposing)
    {
        _stream.Dispose();
        base.Dispose(disposing);
    }

    private int ReadDecoded(Span<char> buffer)
    {
        while (true)
        {
            if (!_begun)
            {
                SkipMark();
            }

            OperationStatus status = Utf8.ToUtf16(_bytes.AsSpan(_start, _end - _start), buffer, out int read, out int written, replaceInvalidSequences: false, isFinalBlock: _complete);
            if (written > 0)
            {
                (_start, _offset) = (_start + read, _offset + read);
                Check(buffer[..written]);
                return written;
            }

            if (status == OperationStatus.InvalidData || (status == OperationStatus.NeedMoreData && _complete))
            {
                string hint = _offset == 0 && _bytes[_start] is 0xFE or 0xFF ? " It looks like UTF-16." : "";
                throw new ExamplePlace(_path, _line).Fault($"byte 0x{_bytes[_start]:X2} at byte offset {_offset} is not valid UTF-8.{hint} Convert the file to UTF-8");
            }

            if (_complete)
            {
                return 0;
            }

            Fill();
        }
    }

    private void Fill()
    {
        _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
        (_start, _end) = (0, _end - _start);
        try
        {
            int count = _stream.Read(_bytes.AsSpan(_end));
            _end += count;
            _complete = count == 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{_path}' cannot be read: {FileFault.Reason(exception, _path)}", exception);
        }

    }

    /// <summary>Leaves a byte order mark at the beginning out.</summary>
    private void SkipMark()
    {
        int markBytes = ByteOrderMark.Utf8.Length;
        // A pipe may deliver a short line and wait: more is read only while the bytes could be the mark.
        while (_end < markBytes && !_complete && ByteOrderMark.Utf8.StartsWith(_bytes.AsSpan(0, _end)))
        {
            Fill();
        }

        _begun = true;
        if (_bytes.AsSpan(0, _end).StartsWith(ByteOrderMark.Utf8))
        {
            (_start, _offset) = (markBytes, markBytes);
        }
    }

    private void Check(ReadOnlySpan<char> text)
    {
        int zero = text.IndexOf('\0');
        _line += (zero < 0 ? text : text[..zero]).Count('\n');
        if (zero >= 0)
        {
            throw new ExamplePlace(_path, _line).Fault("a NUL character is in the text (a binary file, or UTF-16). Leave the file out, or convert it to UTF-8");
        }
    }
}
