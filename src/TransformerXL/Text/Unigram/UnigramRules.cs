using TransformerXL.Text.Unigram.Normalization;

namespace TransformerXL.Text.Unigram;

/// <summary>How a text becomes words before they are divided into pieces. The defaults are those of XLM-RoBERTa's <c>tokenizer.json</c> without its character map.</summary>
internal sealed record UnigramRules
{
    /// <summary>The mark of white space in pieces.</summary>
    public const int Mark = 0x2581;

    /// <summary>What happens to the text first, in this order.</summary>
    public IReadOnlyList<TextStep> Steps { get; init; } = [];

    /// <summary>Whether a character map replaces the longest sequence that it has, as in SentencePiece; otherwise it maps clusters of characters as Hugging Face's library does.</summary>
    public bool MapsLongest { get; init; }

    /// <summary>Whether the text is split at white space, which is left out.</summary>
    public bool SplitsAtWhiteSpace { get; init; } = true;

    /// <summary>Whether a space becomes <see cref="Mark"/>.</summary>
    public bool MarksSpaces { get; init; } = true;

    /// <summary>Whether the part from each <see cref="Mark"/> on is divided by itself. Otherwise sums of scores and runs of unknown characters continue.</summary>
    public bool SplitsAtMarks { get; init; } = true;

    /// <summary>Whether spaces at both ends are removed, and runs of spaces become one.</summary>
    public bool RemovesExtraSpaces { get; init; }

    /// <summary>Where a mark is put that the text does not have.</summary>
    public UnigramPrefix Prefix { get; init; } = UnigramPrefix.Each;

    /// <summary>Whether sums of scores are rounded to float32, as in SentencePiece; it decides between divisions that are equally probable.</summary>
    public bool SumsInSingle { get; init; }

    /// <summary>Whether an unknown character becomes the tokens of its bytes.</summary>
    public bool FallsBackToBytes { get; init; }

    /// <summary>Whether white space before a mask belongs to the mask.</summary>
    public bool MaskTakesSpaceBefore { get; init; } = true;

    /// <summary>The rules of SentencePiece's own files.</summary>
    public static UnigramRules SentencePiece => new()
    {
        MapsLongest = true,
        SplitsAtWhiteSpace = false,
        SplitsAtMarks = false,
        RemovesExtraSpaces = true,
        Prefix = UnigramPrefix.Dummy,
        SumsInSingle = true,
    };
}
