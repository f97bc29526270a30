using System.Buffers;
using System.Text;

namespace TransformerXL.Text.BytePairs.AddedTokens;

/// <summary>
/// Finds added tokens in streamed text: the leftmost match, and of matches at the same position the longest. It buffers a possible
/// beginning of a token, and white space that a token may absorb.
/// </summary>
internal sealed class AddedTokenSplitter(AddedTokenTrie tokens, ITextSink next) : ITextSink
{
    private const int Block = 1 << 14;

    /// <summary>A token absorbs at most this number of bytes of white space before it.</summary>
    private const int LongestSpace = BytePairLimits.PreTokenBytes;

    private byte[] _buffer = new byte[Block];

    // Bytes from _start are not yet passed on, bytes from _at are not yet read, bytes from _end are free.
    private int _start;
    private int _at;
    private int _end;
    private int _state = AddedTokenTrie.Root;

    /// <summary>The beginning of the token that was found; -1 for none. A longer one may begin there, or another one before.</summary>
    private int _foundStart = -1;
    private int _foundEnd;
    private AddedToken? _found;

    /// <summary>White space from here to <see cref="_classified"/> is buffered.</summary>
    private int _spaceStart;
    private int _classified;
    private bool _skipsSpace;

    /// <inheritdoc/>
    public void Text(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (_end == _buffer.Length)
            {
                MakeRoom();
            }
            int taken = Math.Min(text.Length, _buffer.Length - _end);
            text[..taken].CopyTo(_buffer.AsSpan(_end));
            _end += taken;
            text = text[taken..];
            Read(ended: false);
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
        next.Text(_buffer.AsSpan(_start, _end - _start));
        (_start, _at, _end, _state) = (0, 0, 0, AddedTokenTrie.Root);
        (_spaceStart, _classified, _skipsSpace) = (0, 0, false);
    }

    private void Read(bool ended)
    {
        while (true)
        {
            if (_skipsSpace && !SkipSpace(ended))
            {
                return;
            }
            if (FindNext())
            {
                continue;
            }
            if (!ended || _foundStart < 0)
            {
                break;
            }
            TakeFound();
        }
        HandOn(_at - tokens.Depth(_state));
    }

    /// <summary>Reads until a token is certain; false at the end of the buffered text.</summary>
    private bool FindNext()
    {
        while (_at < _end)
        {
            if (_state == AddedTokenTrie.Root && _foundStart < 0)
            {
                int skipped = _buffer.AsSpan(_at, _end - _at).IndexOfAny(tokens.FirstBytes);
                _at = skipped < 0 ? _end : _at + skipped;
                if (skipped < 0)
                {
                    return false;
                }
            }
            _state = tokens.Step(_state, _buffer[_at++]);
            if (_foundStart >= 0 && _at - tokens.Depth(_state) > _foundStart)
            {
                TakeFound();
                return true;
            }
            int found = tokens.Found(_state);
            if (found != AddedTokenTrie.Root && (_foundStart < 0 || _at - tokens.Depth(found) <= _foundStart))
            {
                (_foundStart, _foundEnd, _found) = (_at - tokens.Depth(found), _at, tokens.Token(found));
            }
        }
        return false;
    }

    private void TakeFound()
    {
        AddedToken token = _found!;
        Classify(_foundStart);
        int begin = token.TakesSpaceBefore ? _spaceStart : _foundStart;
        if (begin > _start)
        {
            next.Text(_buffer.AsSpan(_start, begin - _start));
        }
        next.Token(token.Id);
        _start = _at = _spaceStart = _classified = _foundEnd;
        (_state, _foundStart, _skipsSpace) = (AddedTokenTrie.Root, -1, token.TakesSpaceAfter);
    }

    /// <summary>Passes on text that belongs to no token.</summary>
    private void HandOn(int certain)
    {
        Classify(certain);
        int end = tokens.TakesSpaceBefore ? Math.Min(_spaceStart, certain) : certain;
        if (end > _start)
        {
            next.Text(_buffer.AsSpan(_start, end - _start));
            _start = end;
        }
    }

    /// <summary>Finds the beginning of the white space before a position.</summary>
    private void Classify(int place)
    {
        while (tokens.TakesSpaceBefore && _classified < place)
        {
            OperationStatus status = Rune.DecodeFromUtf8(_buffer.AsSpan(_classified, _end - _classified), out Rune rune, out int length);
            if (status == OperationStatus.NeedMoreData)
            {
                return;
            }
            bool isSpace = status == OperationStatus.Done && Rune.IsWhiteSpace(rune);
            _classified += status == OperationStatus.Done ? length : 1;
            _spaceStart = isSpace && _classified - _spaceStart < LongestSpace ? _spaceStart : _classified;
        }
    }

    /// <summary>Skips white space after a token; false if more text is needed.</summary>
    private bool SkipSpace(bool ended)
    {
        while (_at < _end)
        {
            OperationStatus status = Rune.DecodeFromUtf8(_buffer.AsSpan(_at, _end - _at), out Rune rune, out int length);
            if (status == OperationStatus.NeedMoreData && !ended)
            {
                return false;
            }
            if (status != OperationStatus.Done || !Rune.IsWhiteSpace(rune))
            {
                _skipsSpace = false;
                return true;
            }
            _start = _at = _spaceStart = _classified = _at + length;
        }
        return false;
    }

    private void MakeRoom()
    {
        int held = _end - _start;
        byte[] target = held > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        _buffer.AsSpan(_start, held).CopyTo(target);
        _buffer = target;
        _at -= _start;
        _foundStart -= _foundStart >= 0 ? _start : 0;
        _foundEnd -= _start;
        _spaceStart -= _start;
        _classified -= _start;
        (_start, _end) = (0, held);
    }
}
