using System.Buffers;
using System.Text;
using TransformerXL.Text.BytePairs.AddedTokens;

namespace TransformerXL.Text.BytePairs.Normalization;

/// <summary>
/// Normalizes streamed text to Unicode's form C. It buffers the last character and the marks that may compose with it. Bytes that
/// are not part of valid UTF-8 are unchanged.
/// </summary>
internal sealed class NormalizingSink(ITextSink next) : ITextSink
{
    private const int Block = 1 << 14;

    /// <summary>Maximum bytes of a character with its combining marks; longer groups are split. Meaningful text has fewer than 100.</summary>
    private const int LongestGroup = 1 << 12;

    private readonly NormalizationTable _table = NormalizationTable.Instance;
    private readonly List<int> _parts = [];
    private readonly List<PlacedCharacter> _characters = [];
    private readonly byte[] _buffer = new byte[Block];
    private byte[] _output = new byte[64];

    // Bytes from _start are not yet passed on; the group from _group may continue; bytes from _at are not yet read.
    private int _start;
    private int _group;
    private int _at;
    private int _end;
    private bool _isStable = true;
    private bool _isInvalid;

    /// <summary>Whether a text is already normalized.</summary>
    public static bool IsNormalized(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        var collected = new CollectingSink();
        var sink = new NormalizingSink(collected);
        sink.Text(utf8);
        sink.End();
        return collected.Bytes.WrittenSpan.SequenceEqual(utf8);
    }

    /// <inheritdoc/>
    public void Text(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            int taken = Math.Min(text.Length, _buffer.Length - _end);
            text[..taken].CopyTo(_buffer.AsSpan(_end));
            _end += taken;
            text = text[taken..];
            Read(ended: false);
            HandOn(_group);
            // A group is shorter than half of the buffer.
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_group, _at, _end, _start) = (_group - _start, _at - _start, _end - _start, 0);
        }
    }

    /// <inheritdoc/>
    public void Token(int id)
    {
        HandOnRest();
        next.Token(id);
    }

    /// <inheritdoc/>
    public void End()
    {
        HandOnRest();
        next.End();
    }

    private void HandOnRest()
    {
        Read(ended: true);
        CloseGroup();
        HandOn(_end);
        (_start, _group, _at, _end, _isStable, _isInvalid) = (0, 0, 0, 0, true, false);
    }

    private void Read(bool ended)
    {
        while (_at < _end)
        {
            int length = 1;
            bool continues = false, isStable = true, isValid = true;
            if (_buffer[_at] >= 0x80)
            {
                OperationStatus status = Rune.DecodeFromUtf8(_buffer.AsSpan(_at, _end - _at), out Rune rune, out length);
                if (status == OperationStatus.NeedMoreData && !ended)
                {
                    return;
                }
                isValid = status == OperationStatus.Done;
                length = isValid ? length : 1;
                continues = isValid && _table.Continues(rune.Value);
                isStable = !isValid || _table.IsStable(rune.Value);
            }
            if (!continues || _isInvalid || _at - _group >= LongestGroup)
            {
                CloseGroup();
                _isStable = true;
            }
            _isStable &= isStable && _at == _group;
            _isInvalid = !isValid;
            _at += length;
        }
    }

    /// <summary>The group ends before the next character.</summary>
    private void CloseGroup()
    {
        if (!_isStable && _at > _group)
        {
            HandOn(_group);
            next.Text(Normalize(_buffer.AsSpan(_group, _at - _group)));
            _start = _at;
        }
        _group = _at;
    }

    private void HandOn(int end)
    {
        if (end > _start)
        {
            next.Text(_buffer.AsSpan(_start, end - _start));
            _start = end;
        }
    }

    private ReadOnlySpan<byte> Normalize(ReadOnlySpan<byte> group)
    {
        _parts.Clear();
        foreach (int code in Decode(group))
        {
            _table.Decompose(code, _parts);
        }
        _characters.Clear();
        _characters.AddRange(_parts.Select(code => new PlacedCharacter(code, 0, 0)));
        CanonicalForm.Reorder(_characters);
        CanonicalForm.Compose(_characters);
        if (_output.Length < _characters.Count * 4)
        {
            _output = new byte[_characters.Count * 8];
        }
        int length = 0;
        foreach (PlacedCharacter character in _characters)
        {
            length += new Rune(character.Code).EncodeToUtf8(_output.AsSpan(length));
        }
        return _output.AsSpan(0, length);
    }

    /// <summary>A group holds valid characters only: any other byte is a group of its own.</summary>
    private static List<int> Decode(ReadOnlySpan<byte> group)
    {
        List<int> codes = [];
        while (!group.IsEmpty)
        {
            Rune.DecodeFromUtf8(group, out Rune rune, out int length);
            codes.Add(rune.Value);
            group = group[length..];
        }
        return codes;
    }

    /// <summary>Collects the text.</summary>
    private sealed class CollectingSink : ITextSink
    {
        public ArrayBufferWriter<byte> Bytes { get; } = new();

        public void Text(ReadOnlySpan<byte> text) => Bytes.Write(text);

        public void Token(int id)
        {
            // Only text is normalized.
        }

        public void End()
        {
            // Nothing is buffered.
        }
    }
}
