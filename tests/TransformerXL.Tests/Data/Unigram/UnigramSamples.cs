using TransformerXL.Text.Unigram;

namespace TransformerXL.Tests.Data.Unigram;

/// <summary>Small unigram vocabularies and random texts.</summary>
internal static class UnigramSamples
{
    /// <summary>Special tokens in the order of SentencePiece.</summary>
    public static readonly UnigramPiece[] Special = [new("<unk>", 0, UnigramPieceKind.Unknown), new("<s>", 0, UnigramPieceKind.Control), new("</s>", 0, UnigramPieceKind.Control)];

    /// <summary>Pieces with scores that leave room for ties: several sums are equal.</summary>
    public static readonly UnigramPiece[] Words =
    [
        .. new[]
        {
            ("▁", -2.0), ("▁the", -3.5), ("▁un", -4.25), ("▁a", -3.0), ("a", -3.25), ("aa", -4.5), ("aaa", -6.5), ("b", -3.75), ("ab", -5.0), ("ba", -5.0), ("able", -6.0), ("t", -4.0), ("h", -4.0), ("e", -3.5), ("he", -5.5),
            ("th", -6.25), ("un", -5.0), ("n", -4.0), ("u", -4.0), ("l", -4.5), (".", -3.0), ("..", -5.0), ("...", -7.0), ("é", -7.5), ("中", -8.0), ("中文", -9.0), ("▁中", -8.5), ("😀", -9.5), ("ア", -7.0),
        }.Select(piece => new UnigramPiece(piece.Item1, piece.Item2)),
    ];

    /// <summary>The same order as in SentencePiece's files, and then as in XLM-RoBERTa.</summary>
    public static UnigramPiece[] Pieces => [.. Special, .. Words];

    public static UnigramPiece[] Encoder =>
    [
        new("<s>", 0, UnigramPieceKind.Control), new("<pad>", 0, UnigramPieceKind.Control), new("</s>", 0, UnigramPieceKind.Control), new("<unk>", 0, UnigramPieceKind.Unknown), .. Words, new("<mask>", 0, UnigramPieceKind.Control),
    ];

    private static readonly string[] s_parts =
        ["the", "un", "able", "a", "aa", "aaaaa", "ab", "abab", "b", " ", " ", "  ", "\n", "\t", "\u3000", "\u00a0", ".", "....", "é", "e\u0301", "中", "文", "中文", "😀", "x", "xy", "▁", "<s>", "</s>", "<unk>", "ｱ", "ﬁ", "½"];

    public static string[] RandomTexts(int count, int seed, Func<string, bool>? isUsed = null)
    {
        Random random = new(seed);
        string[] parts = [.. s_parts.Where(isUsed ?? (_ => true))];
        return [.. Enumerable.Range(0, count).Select(i => string.Concat(Enumerable.Range(0, 1 + (i % 25)).Select(_ => parts[random.Next(parts.Length)])))];
    }
}
