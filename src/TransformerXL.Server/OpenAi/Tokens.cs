namespace TransformerXL.Server.OpenAi;

/// <summary>The answer of <c>/tokenize</c>.</summary>
/// <param name="Count">The number of tokens.</param>
/// <param name="MaxModelLen">The most tokens of a prompt.</param>
/// <param name="Tokens">Their ids.</param>
/// <param name="TokenStrs">Their texts.</param>
internal sealed record TokenList(int Count, long MaxModelLen, IReadOnlyList<int> Tokens, IReadOnlyList<string> TokenStrs);

/// <summary>The answer of <c>/detokenize</c>: the text under both names that clients read.</summary>
internal sealed record TokenText(string Prompt, string Content);

/// <summary>The answer of <c>/tokenizer_info</c>.</summary>
internal sealed record TokenizerInfo
{
    public string TokenizerClass { get; } = "TransformerXL";

    public required string Model { get; init; }

    /// <summary><c>characters</c>, <c>bytes</c>, <c>words</c> or <c>byte-pairs</c>.</summary>
    public required string Kind { get; init; }

    public required int VocabularySize { get; init; }

    public required int? UnknownId { get; init; }

    public required int? EndOfLineId { get; init; }

    public required int? EndOfTextId { get; init; }

    /// <summary>The end of text, under the name that clients look for.</summary>
    public required string? EosToken { get; init; }

    /// <summary>Whether any bytes can be encoded.</summary>
    public required bool AcceptsAnyBytes { get; init; }

    public required string Sha256 { get; init; }

    public required string ChatTemplate { get; init; }
}
