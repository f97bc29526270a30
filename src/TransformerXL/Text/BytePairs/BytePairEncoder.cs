using System.Buffers;
using TransformerXL.Text.BytePairs.AddedTokens;
using TransformerXL.Text.BytePairs.Normalization;

namespace TransformerXL.Text.BytePairs;

/// <summary>UTF-8 to ids. The result does not depend on how the text is split into pieces. The encoder buffers an incomplete end of limited length and uses a cache of fixed size, which the encoders of a vocabulary pass on to each other.</summary>
internal sealed class BytePairEncoder : TokenEncoder
{
    private readonly MergingSink _sink;
    private readonly ITextSink _first;
    private long _characters;

    /// <param name="model">The tables.</param>
    /// <param name="isPlain">Whether special tokens in the text are read as plain text.</param>
    public BytePairEncoder(BytePairModel model, bool isPlain)
    {
        _sink = new MergingSink(model);
        AddedTokenTries tries = isPlain ? model.OrdinaryTokens : model.AddedTokens;
        ITextSink first = Before(_sink, tries.Normalized);
        first = model.Rules.Normalizes ? new NormalizingSink(first) : first;
        _first = Before(first, tries.Exact);
    }

    public override long Characters => _characters;

    public override long Unknown => 0;

    public override void Append(ReadOnlySpan<byte> utf8, IBufferWriter<int> tokens)
    {
        foreach (byte value in utf8)
        {
            _characters += (value & 0xC0) != 0x80 ? 1 : 0;
        }
        _sink.Tokens = tokens;
        _first.Text(utf8);
    }

    public override void Complete(IBufferWriter<int> tokens)
    {
        _sink.Tokens = tokens;
        _first.End();
        _sink.ReturnCache();
    }

    private static ITextSink Before(ITextSink next, AddedTokenTrie tokens) => tokens.IsEmpty ? next : new AddedTokenSplitter(tokens, next);

    /// <summary>The last stage: merges pre-tokens.</summary>
    private sealed class MergingSink(BytePairModel model) : ITextSink
    {
        private readonly PreTokenReader _reader = new(model.Rules.CreateScanner(), model.Rules.AddsPrefixSpace, BytePairLimits.PreTokenBytes);
        private readonly PairMerger _merger = new(model);

        private PreTokenCache? _cache;

        public IBufferWriter<int> Tokens { get; set; } = new ArrayBufferWriter<int>();

        public void Text(ReadOnlySpan<byte> text)
        {
            while (!text.IsEmpty)
            {
                text = text[_reader.Fill(text)..];
                Drain(ended: false);
            }
        }

        public void Token(int id)
        {
            End();
            Tokens.Write([id]);
        }

        public void End()
        {
            Drain(ended: true);
            _reader.Reset();
        }

        public void ReturnCache()
        {
            if (_cache is { } cache)
            {
                model.Caches.Add(cache);
                _cache = null;
            }
        }

        private void Drain(bool ended)
        {
            PreTokenCache cache = _cache ??= model.Caches.TryTake(out PreTokenCache? spare) ? spare : new PreTokenCache();
            while (_reader.TryRead(ended, out ReadOnlySpan<byte> preToken))
            {
                if (!cache.TryGet(preToken, out ReadOnlySpan<int> ids))
                {
                    ids = Encode(preToken);
                    cache.Set(preToken, ids);
                }
                Tokens.Write(ids);
            }
        }

        private ReadOnlySpan<int> Encode(ReadOnlySpan<byte> preToken) =>
            model.WholeTokens is { } whole && whole.TryGet(preToken, out ReadOnlySpan<int> id) ? id : _merger.Merge(preToken);
    }
}
