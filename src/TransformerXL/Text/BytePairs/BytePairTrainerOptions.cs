using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Text.BytePairs;

/// <summary>Options of a <see cref="BytePairTrainer"/>.</summary>
public sealed record BytePairTrainerOptions
{
    private const int Bytes = 256;

    /// <summary>The requested number of ids: 256 bytes, then one for each merge, then the special tokens. Fewer are learned if the text has no more pairs.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Pairs with a lower frequency are not merged.</summary>
    public long MinFrequency { get; init; } = 2;

    /// <summary>Tokens such as <c>&lt;|endoftext|&gt;</c>; they get the last ids, split the text where they occur, and are not merged.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>
    /// Maximum number of distinct pre-tokens in memory, of 16 bytes each on average. If a text has more, those that occurred
    /// at most n times so far are dropped, n being the smallest power of two that frees half of the memory.
    /// </summary>
    public int MaxPreTokens { get; init; } = 1 << 22;

    /// <summary>The requested number of merges.</summary>
    internal int Merges => VocabularySize - Bytes - SpecialTokens.Count;

    /// <summary>Checks the values against each other.</summary>
    /// <exception cref="InputException">A value is out of range; the message names it, the value and the rule.</exception>
    public void Validate()
    {
        Require.Listed("special tokens", SpecialTokens);
        if (Merges < 0 || VocabularySize > BytePairLimits.Count)
        {
            throw new InputException($"a vocabulary of {VocabularySize} byte pairs is not possible: at least {Bytes + SpecialTokens.Count} ({Bytes} bytes and {SpecialTokens.Count} special tokens) and at most {BytePairLimits.Count} are possible");
        }
        if (MinFrequency < 1)
        {
            throw new InputException($"the minimum frequency of a pair is {MinFrequency}, but must be at least 1");
        }
        if (MaxPreTokens is < 1 or > 1 << 26)
        {
            throw new InputException($"{MaxPreTokens} distinct pre-tokens in memory are not possible; 1 to {1 << 26} are");
        }
        ValidateSpecialTokens();
    }

    private void ValidateSpecialTokens()
    {
        if (SpecialTokens.Count > BytePairLimits.SpecialTokens)
        {
            throw new InputException($"{SpecialTokens.Count} special tokens are too many; at most {BytePairLimits.SpecialTokens} are possible");
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string token in SpecialTokens)
        {
            // A single character could be the name of a byte in the files.
            if (token.Length < 2 || Encoding.UTF8.GetByteCount(token) > BytePairLimits.TokenBytes)
            {
                throw new InputException($"the special token '{InputText.Show(token)}' has {token.Length} characters; from 2 characters to {BytePairLimits.TokenBytes} bytes are possible");
            }
            if (!seen.Add(token))
            {
                throw new InputException($"the special token '{InputText.Show(token)}' occurs twice");
            }
        }
    }
}
