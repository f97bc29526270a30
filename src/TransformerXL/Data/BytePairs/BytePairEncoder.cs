using System.Buffers;

namespace TransformerXL.Data.BytePairs;

/// <summary>UTF-8 to ids. What it gives does not depend on how the text is cut into pieces. It holds the pre-token that is not complete and a cache of fixed size.</summary>
internal sealed class BytePairEncoder(BytePairModel model) : TokenEncoder
{
    private readonly PreTokenReader _reader = new(model.SpecialFinder, model.AddsPrefixSpace, BytePairLimits.PreTokenBytes);
    private readonly PreTokenCache _cache = new();
    private readonly PairMerger _merger = new(model);
    private long _characters;

    public override long Characters => _characters;

    public override long Unknown => 0;

    public override void Append(ReadOnlySpan<byte> utf8, IBufferWriter<int> tokens)
    {
        foreach (byte value in utf8)
        {
            _characters += (value & 0xC0) != 0x80 ? 1 : 0;
        }
        while (!utf8.IsEmpty)
        {
            utf8 = utf8[_reader.Fill(utf8)..];
            Drain(ended: false, tokens);
        }
    }

    public override void Complete(IBufferWriter<int> tokens)
    {
        Drain(ended: true, tokens);
        _reader.Reset();
    }

    private void Drain(bool ended, IBufferWriter<int> tokens)
    {
        while (_reader.TryRead(ended, out ReadOnlySpan<byte> preToken, out int special))
        {
            if (special >= 0)
            {
                tokens.Write([special]);
                continue;
            }
            if (!_cache.TryGet(preToken, out ReadOnlySpan<int> ids))
            {
                ids = _merger.Merge(preToken);
                _cache.Set(preToken, ids);
            }
            tokens.Write(ids);
        }
    }
}
