using System.Text;
using TransformerXL.Inference;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.OpenAi;

/// <summary>Writes tokens as <c>/v1/completions</c> gives them; goes on from piece to piece of a text.</summary>
/// <param name="texts">What tokens are called.</param>
/// <param name="echo">Whether the text begins with its prompt, whose first token has no log-probability in this interface.</param>
/// <param name="offsets">Where the tokens of an echoed prompt begin; null where their lengths say it.</param>
internal sealed class LogprobWriter(TokenTexts texts, bool echo, (int[] Starts, int Length)? offsets)
{
    /// <summary>Log-probabilities below every number, which JSON has not.</summary>
    private const double Lowest = -9999;

    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private long _codePoints;
    private int _count;
    private int? _previous;
    private bool _begun = !echo;

    /// <summary>Adds the tokens of an update.</summary>
    public void Add(CompletionLogprobs logprobs, GenerationUpdate update)
    {
        _previous ??= update.Before;
        foreach (TokenResult token in update.Tokens)
        {
            ReadOnlySpan<byte> bytes = token.Bytes.Span;
            string name = texts.NameOf(token.Id, bytes);
            CountBroken(bytes);
            if (offsets is { } prompt && _count <= prompt.Starts.Length)
            {
                _codePoints = _count < prompt.Starts.Length ? prompt.Starts[_count] : prompt.Length;
            }

            _count++;
            logprobs.Tokens.Add(name);
            logprobs.TextOffset.Add(_codePoints);
            logprobs.TokenLogprobs.Add(_begun ? Finite(token.LogProbability) : null);
            logprobs.TopLogprobs.Add(_begun ? Top(token, name) : null);
            (_begun, _previous) = (true, token.Id);
            _codePoints += CountCompleted(bytes);
        }
    }

    /// <summary>Counts the replacement character of a part of a character that these bytes do not continue.</summary>
    private void CountBroken(ReadOnlySpan<byte> bytes)
    {
        const int Mask = 0xC0, Continuation = 0x80;
        if (!bytes.IsEmpty && (bytes[0] & Mask) != Continuation)
        {
            _codePoints += _decoder.GetChars([], stackalloc char[2], flush: true);
        }
    }

    /// <summary>The code points that end in these bytes; bytes that are no UTF-8 count as the replacement characters that the text has for them.</summary>
    private int CountCompleted(ReadOnlySpan<byte> bytes)
    {
        // A part of a character may be left over from the token before.
        char[] characters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        int count = 0;
        foreach (char character in characters.AsSpan(0, _decoder.GetChars(bytes, characters, flush: false)))
        {
            count += char.IsLowSurrogate(character) ? 0 : 1;
        }

        return count;
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
