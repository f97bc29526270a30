using TransformerXL.Text;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Inference;

/// <summary>
/// Which tokens may follow a prompt. An id that no token has is never written. Where a prompt is healed, its last tokens are taken back and the first ones
/// written have to spell them again, whatever follows: the prompt may then end with the beginning of a longer token.
/// </summary>
internal sealed class WritableTokens
{
    /// <summary>Tokens that are taken back at most. Words of more parts are rare.</summary>
    private const int MaxTokensBack = 8;

    private readonly Vocabulary _vocabulary;
    private readonly BytePairVocabulary? _pairs;
    private readonly bool _heals;

    /// <summary>Bytes of the prompt that are still to be written again.</summary>
    private ReadOnlyMemory<byte> _rest;
    private int _taken;

    /// <exception cref="InputException">A prompt of this vocabulary cannot be healed.</exception>
    public WritableTokens(Vocabulary vocabulary, bool heals)
    {
        (_vocabulary, _pairs, _heals) = (vocabulary, vocabulary as BytePairVocabulary, heals);
        Require.That(
            !heals || _pairs is not null,
            vocabulary is WordVocabulary
                ? "a prompt of words cannot be healed: its last word is a token of its own, and no longer token begins with it; byte-pairs have such tokens"
                : !vocabulary.KeepsText ? $"a prompt of {vocabulary.Kind} tokens cannot be healed: its text is not kept exactly, so that other tokens cannot spell it again; byte-pairs have such tokens"
                : $"a prompt of {vocabulary.Unit}s needs no healing: every {vocabulary.Unit} is a token, so that it cannot end within one; byte-pairs have longer tokens");
    }

    /// <summary>How many tokens of the prompt's end have to be given to <see cref="End"/> before they are read.</summary>
    public int HoldBack => _heals ? MaxTokensBack : 0;

    /// <summary>Tokens of the prompt that were taken back.</summary>
    public int TakenBack { get; private set; }

    /// <summary>What a prompt ends with that may go on as a longer token.</summary>
    public OpenPromptEnd? OpenEnd { get; private set; }

    /// <summary>The same for another continuation, which writes the end of the prompt again by itself.</summary>
    public WritableTokens Fork() => (WritableTokens)MemberwiseClone();

    /// <summary>Ends the prompt; returns how many of the tokens that were held back are to be read.</summary>
    /// <param name="held">The last tokens, as many as <see cref="HoldBack"/>, or all.</param>
    /// <param name="last">The last token; null if there is none.</param>
    public int End(ReadOnlySpan<int> held, int? last)
    {
        if (!_heals)
        {
            OpenEnd = last is { } token ? Describe(token) : null;
            return held.Length;
        }
        int begin = held.Length;
        while (begin > 0 && _pairs!.IsOrdinary(held[begin - 1]))
        {
            begin--;
        }
        for (; begin < held.Length; begin++)
        {
            byte[] text = Text(held[begin..]);
            if (Longer(text).Any())
            {
                (_rest, _taken, TakenBack) = (text, text.Length, held.Length - begin);
                break;
            }
        }
        return begin;
    }

    /// <summary>A decoder of what follows the prompt.</summary>
    public TokenDecoder CreateDecoder(int? last) => _taken > 0 ? _pairs!.CreateDecoderBehind(_taken)
        : last is { } previous ? _vocabulary.CreateDecoderAfter(previous)
        : _vocabulary.CreateDecoder();

    /// <summary>Excludes the tokens that must not be written next.</summary>
    public void Limit(Span<float> logits)
    {
        foreach (int id in _pairs?.Model.Unused ?? [])
        {
            logits[id] = float.NegativeInfinity;
        }
        if (_rest.IsEmpty)
        {
            return;
        }
        for (int id = 0; id < logits.Length; id++)
        {
            ReadOnlySpan<byte> bytes = _pairs!.BytesOf(id);
            bool fits = _pairs.IsOrdinary(id) && (bytes.StartsWith(_rest.Span) || _rest.Span.StartsWith(bytes));
            logits[id] = fits ? logits[id] : float.NegativeInfinity;
        }
    }

    /// <summary>Notes a token that was written.</summary>
    public void Accept(int token)
    {
        if (!_rest.IsEmpty)
        {
            _rest = _rest[Math.Min(_pairs!.BytesOf(token).Length, _rest.Length)..];
        }
    }

    private byte[] Text(ReadOnlySpan<int> ids)
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        _pairs!.DecodeUtf8(ids, bytes);
        return bytes.WrittenSpan.ToArray();
    }

    private IEnumerable<int> Longer(byte[] text) => Enumerable.Range(0, _pairs!.Count)
        .Where(id => _pairs.BytesOf(id).Length > text.Length && _pairs.IsOrdinary(id) && _pairs.BytesOf(id).StartsWith(text));

    private OpenPromptEnd? Describe(int last)
    {
        if (_pairs?.IsOrdinary(last) != true)
        {
            return null;
        }
        int[] longer = [.. Longer(Text([last]))];
        return longer.Length == 0 ? null : new OpenPromptEnd(_pairs.Describe(last), longer.Length, _pairs.Describe(longer[0]));
    }
}
