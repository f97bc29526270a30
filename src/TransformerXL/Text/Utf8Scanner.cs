using System.Buffers;
using System.Text;

namespace TransformerXL.Text;

/// <summary>Strict UTF-8 to code points over pieces that may end inside a character. An error is reported as a byte offset, so that the caller can name the file.</summary>
internal sealed class Utf8Scanner
{
    private const int LongestSequence = 4;
    private readonly byte[] _pending = new byte[LongestSequence];
    private int _pendingCount;
    private long _offset;

    /// <summary>False at the first invalid sequence; <paramref name="fault"/> is then the offset of its first byte from the beginning of the text.</summary>
    public bool TryAppend<TSink>(ReadOnlySpan<byte> bytes, ref TSink sink, out long fault)
        where TSink : struct, ICodePointSink, allows ref struct
    {
        fault = _offset;
        if (_pendingCount > 0 && !TryCompletePending(ref bytes, ref sink))
        {
            return false;
        }
        int i = 0;
        while (i < bytes.Length)
        {
            byte first = bytes[i];
            if (first < 0x80)
            {
                sink.Add(first);
                i++;
                continue;
            }
            OperationStatus status = Rune.DecodeFromUtf8(bytes[i..], out Rune rune, out int consumed);
            if (status == OperationStatus.Done)
            {
                sink.Add(rune.Value);
                i += consumed;
                continue;
            }
            fault = _offset + i;
            if (status == OperationStatus.InvalidData)
            {
                return false;
            }
            bytes[i..].CopyTo(_pending);
            _pendingCount = bytes.Length - i;
            break;
        }
        _offset += i;
        return true;
    }

    /// <summary>False if the text ended inside a character.</summary>
    public bool TryComplete(out long fault)
    {
        fault = _offset;
        return _pendingCount == 0;
    }

    private bool TryCompletePending<TSink>(ref ReadOnlySpan<byte> bytes, ref TSink sink)
        where TSink : struct, ICodePointSink, allows ref struct
    {
        int take = Math.Min(bytes.Length, LongestSequence - _pendingCount);
        bytes[..take].CopyTo(_pending.AsSpan(_pendingCount));
        int held = _pendingCount + take;
        OperationStatus status = Rune.DecodeFromUtf8(_pending.AsSpan(0, held), out Rune rune, out int consumed);
        if (status == OperationStatus.InvalidData)
        {
            return false;
        }
        if (status == OperationStatus.NeedMoreData)
        {
            _pendingCount = held;
            bytes = [];
            return true;
        }
        sink.Add(rune.Value);
        bytes = bytes[(consumed - _pendingCount)..];
        _offset += consumed;
        _pendingCount = 0;
        return true;
    }
}
