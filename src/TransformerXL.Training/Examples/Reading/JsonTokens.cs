using System.Buffers;
using System.Globalization;
using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Text;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>The tokens of a JSON file of any size, one at a time; memory holds the longest token.</summary>
internal sealed class JsonTokens : IDisposable
{
    private const int Chunk = 1 << 15, MaxDepth = 32;
    private readonly string _path;
    private readonly FileStream _stream;
    private readonly int _longest;
    private byte[] _buffer = new byte[Chunk];
    private int _start, _end;
    private bool _complete;
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = MaxDepth });
    private long _line = 1, _lineOffset, _offset;

    /// <param name="path">The file.</param>
    /// <param name="longest">The most bytes of a token.</param>
    public JsonTokens(string path, int longest)
    {
        (_path, _longest, _stream) = (path, longest, CheckedTextReader.OpenFile(path));
        Fill();
        if (_buffer.AsSpan(0, _end).StartsWith(ByteOrderMark.Utf8))
        {
            _start = 3;
            _offset = 3;
        }
    }

    /// <summary>The kind of the current token.</summary>
    public JsonTokenType Type { get; private set; }

    /// <summary>How deep it stands.</summary>
    public int Depth { get; private set; }

    /// <summary>The current string, name of a member, or number as text; empty for others.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Where the current token ends.</summary>
    public ExamplePlace Place => new(_path, _line, (_offset - _lineOffset).ToString(CultureInfo.InvariantCulture));

    /// <summary>Reads the next token.</summary>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="InputException">The file is no valid JSON, or a token is too long.</exception>
    public bool Read()
    {
        while (true)
        {
            Utf8JsonReader reader = new(_buffer.AsSpan(_start, _end - _start), _complete, _state);
            try
            {
                if (reader.Read())
                {
                    Take(ref reader);
                    return true;
                }
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException)
            {
                throw Fault(exception);
            }

            Consume(ref reader);
            if (_complete)
            {
                return false;
            }

            Fill();
        }
    }

    /// <summary>Reads the next token, which must be there.</summary>
    /// <exception cref="InputException">The file ends.</exception>
    public void Next()
    {
        if (!Read())
        {
            throw Place.Fault("the file ends in the middle of the JSON; it may have been cut off");
        }
    }

    /// <summary>Leaves the value of the current member out.</summary>
    public void Skip()
    {
        Next();
        if (Type is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return;
        }

        int depth = Depth;
        do
        {
            Next();
        }
        while (Depth > depth);
    }

    /// <summary>The members of the object that begins at the current token; the caller reads or skips each value.</summary>
    public IEnumerable<string> Members(string what)
    {
        Expect(JsonTokenType.StartObject, what, "an object");
        int depth = Depth;
        while (true)
        {
            Next();
            if (Type == JsonTokenType.EndObject && Depth == depth)
            {
                yield break;
            }

            yield return Text;
        }
    }

    /// <summary>Steps through the items of the list that follows; the caller reads each item to its end.</summary>
    public IEnumerable<int> Items(string what)
    {
        Next();
        Expect(JsonTokenType.StartArray, what, "a list");
        int depth = Depth;
        for (int i = 0; ; i++)
        {
            Next();
            if (Type == JsonTokenType.EndArray && Depth == depth)
            {
                yield break;
            }

            yield return i;
        }
    }

    /// <summary>The string that follows.</summary>
    public string NextString(string what)
    {
        Next();
        Expect(JsonTokenType.String, what, "a string");
        return Text;
    }

    /// <summary>Refuses a current token of another kind.</summary>
    public void Expect(JsonTokenType type, string what, string expected) =>
        Place.Require(Type == type, $"{what} must be {expected}, but {Describe(Type)} is found");

    public void Dispose() => _stream.Dispose();

    private static string Describe(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a truth value",
        JsonTokenType.Null => "null",
        _ => "the end",
    };

    private void Take(ref Utf8JsonReader reader)
    {
        Type = reader.TokenType;
        Depth = reader.CurrentDepth;
        Text = Type switch
        {
            JsonTokenType.String or JsonTokenType.PropertyName => reader.GetString()!,
            JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan),
            _ => "",
        };
        Consume(ref reader);
    }

    private void Consume(ref Utf8JsonReader reader)
    {
        int consumed = (int)reader.BytesConsumed;
        ReadOnlySpan<byte> read = _buffer.AsSpan(_start, consumed);
        _line += read.Count((byte)'\n');
        if (read.LastIndexOf((byte)'\n') is >= 0 and var newline)
        {
            _lineOffset = _offset + newline + 1;
        }

        _start += consumed;
        _offset += consumed;
        _state = reader.CurrentState;
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            Place.Require(_buffer.Length < _longest, $"a string is longer than {_longest} bytes, the most that is read; divide the text, or allow longer ones");
            Array.Resize(ref _buffer, (int)Math.Min(_longest, 2L * _buffer.Length));
        }

        try
        {
            int count = _stream.Read(_buffer.AsSpan(_end));
            _end += count;
            _complete = count == 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{_path}' cannot be read: {FileFault.Reason(exception, _path)}", exception);
        }
    }

    private InputException Fault(Exception exception)
    {
        // The reader's own position counts from where this call began.
        (long line, long column) = exception is JsonException { LineNumber: { } lines, BytePositionInLine: { } position } ? (lines + 1, position + 1) : (_line, _offset - _lineOffset);
        string text = exception is JsonException json ? $"the JSON is not valid: {JsonFault.DescribeRest(_buffer.AsSpan(_start, _end - _start), json, _line - 1, _offset - _lineOffset, Depth)}" : "a string is not valid UTF-8, or escapes half a character; convert the file to UTF-8";
        return new ExamplePlace(_path, line, column.ToString(CultureInfo.InvariantCulture)).Fault(text, exception);
    }
}
