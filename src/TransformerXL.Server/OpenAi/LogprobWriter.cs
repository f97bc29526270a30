using TransformerXL.Inference;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.OpenAi;

/// <summary>Writes tokens as <c>/v1/completions</c> gives them; goes on from piece to piece of a text.</summary>
/// <param name="texts">What tokens are called.</param>
/// <param name="previous">The token before the first one; null if there is none, or none is known.</param>
/// <param name="echo">Whether the text begins with its prompt, whose first token has no log-probability in this interface.</param>
/// <param name="offsets">Where the tokens of an echoed prompt begin; null where their lengths say it.</param>
internal sealed class LogprobWriter(TokenTexts texts, int? previous, bool echo, (int[] Starts, int Length)? offsets)
{
    private const byte ContinuationMask = 0xC0, Continuation = 0x80;

    /// <summary>Log-probabilities below every number, which JSON has not.</summary>
    private const double Lowest = -9999;

    private long _codePoints;
    private int _count;
    private int? _previous = previous;
    private bool _begun = !echo;

    /// <summary>Adds tokens.</summary>
    public void Add(CompletionLogprobs logprobs, IReadOnlyList<TokenResult> tokens)
    {
        foreach (TokenResult token in tokens)
        {
            ReadOnlySpan<byte> bytes = token.Bytes.Span;
            string name = texts.NameOf(token.Id, bytes);
            if (offsets is { } prompt && _count <= prompt.Starts.Length)
            {
                _codePoints = _count < prompt.Starts.Length ? prompt.Starts[_count] : prompt.Length;
            }

            _count++;
            bool within = !bytes.IsEmpty && (bytes[0] & ContinuationMask) == Continuation;
            logprobs.Tokens.Add(name);
            logprobs.TextOffset.Add(within ? Math.Max(0, _codePoints - 1) : _codePoints);
            logprobs.TokenLogprobs.Add(_begun ? Finite(token.LogProbability) : null);
            logprobs.TopLogprobs.Add(_begun ? Top(token, name) : null);
            (_begun, _previous) = (true, token.Id);
            foreach (byte value in bytes)
            {
                _codePoints += (value & ContinuationMask) == Continuation ? 0 : 1;
            }
        }
    }

    /// <summary>A number that JSON can hold.</summary>
    public static double Finite(double? value) => value is { } number && double.IsFinite(number) ? number : Lowest;

    /// <summary>The most probable tokens, and the token itself. Of tokens with one name the most probable counts.</summary>
    private Dictionary<string, double> Top(in TokenResult token, string name)
    {
        Dictionary<string, double> top = new(StringComparer.Ordinal);
        foreach (TokenProbability candidate in token.Top)
        {
            top.TryAdd(candidate.Id == token.Id ? name : texts.NameOf(candidate.Id, texts.BytesAfter(candidate.Id, _previous)), Finite(candidate.LogProbability));
        }

        top.TryAdd(name, Finite(token.LogProbability));
        return top;
    }
}
