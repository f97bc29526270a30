using System.Buffers.Binary;
using System.Text;
using TransformerXL.Files;
using TransformerXL.Testing.Vocabularies;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs.Normalization;
using TransformerXL.Text.Unigram;
using TransformerXL.Text.Unigram.Normalization;

namespace TransformerXL.Fuzz;

/// <summary>Files of unigram vocabularies, their maps of characters, and texts that are read with them.</summary>
internal static class UnigramTargets
{
    private static readonly UnigramPiece[] s_pieces =
    [
        new("<unk>", 0, UnigramPieceKind.Unknown), new("<s>", 0, UnigramPieceKind.Control), new("</s>", 0, UnigramPieceKind.Control), new("▁", -2), new("▁un", -3), new("able", -4), new("a", -5), new(".", -3), new("é", -6),
        new("<x>", 0, UnigramPieceKind.UserDefined),
    ];

    private static readonly byte[] s_map = CharacterMapBuilder.Build(("e\u0301", "é"), ("\u3000", " "), ("ﬁ", "fi"), ("\n", " "));

    // Read once: their memory is none of an input's.
    private static readonly object[] s_tables = [NormalizationTable.Instance, CompatibilityTable.Instance];

    static UnigramTargets() => GC.KeepAlive(s_tables);

    public static IEnumerable<FuzzTarget> All =>
    [
        new("unigram-tokenizer.json", input => Use(UnigramTokenizerJson.Load(FuzzFolder.File("unigram/tokenizer.json", input))), Tokenizers),
        new("unigram-vocabulary.json", input => Use(Vocabulary.Load(FuzzFolder.File("unigram/vocabulary.json", input))), () => [FuzzFolder.Written("vocabulary.json", Of(UnigramRules.SentencePiece).Save), FuzzFolder.Written("vocabulary.json", Of(Steps).Save)]),
        new("sentencepiece.model", input => Use(SentencePieceFile.Load(FuzzFolder.File("unigram/spiece.model", input))), Models),
        new("sentencepiece.bpe.model", input => Use(SentencePieceFile.Load(FuzzFolder.File("unigram/sentencepiece.bpe.model", input))), Models),
        new("character-map", ReadMap, () => [s_map]),
        new("unigram-text", EncodeText, () => ["Une\u0301able.\u3000<x> unable ﬁ\n"u8.ToArray()]),
    ];

    private static UnigramRules Steps => new() { Steps = [new CharacterMapStep(CharacterMap.Parse(s_map)), new UnicodeFormStep("NFKC"), new ReplaceStep("``", "\""), new CharacterStep(CharacterStep.Lowercase), new StripStep(true, true)] };

    private static UnigramVocabulary Of(UnigramRules rules) => new(s_pieces, rules);

    private static IEnumerable<byte[]> Tokenizers() =>
        [FuzzFolder.Written("tokenizer.json", path => UnigramTokenizerJson.Save(Of(Steps), path)), FuzzFolder.Written("tokenizer.json", path => UnigramTokenizerJson.Save(Of(UnigramRules.SentencePiece), path))];

    private static IEnumerable<byte[]> Models() => [SentencePieceModel.Of(s_pieces, s_map), SentencePieceModel.Of(s_pieces, prefix: false, removesSpaces: false)];

    private static void Use(Vocabulary vocabulary)
    {
        int[] ids = vocabulary.Encode("Unable. <x>e\u0301 \u4e2d  ﬁa");
        if (ids.Any(id => id < 0 || id >= vocabulary.Count))
        {
            throw new FuzzFindingException("a token is not of the vocabulary");
        }

        vocabulary.Decode(ids);
    }

    /// <summary>A map as it is, and with its length made right, so that the trie behind it is reached.</summary>
    private static void ReadMap(byte[] input)
    {
        byte[] repaired = [.. input];
        if (input.Length >= 8)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(repaired, (uint)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(s_map), (input.Length - 4) / 4 * 4));
            repaired[^1] = 0;
            Use(new UnigramVocabulary(s_pieces, UnigramRules.SentencePiece with { Steps = [new CharacterMapStep(CharacterMap.Parse(repaired))] }));
        }

        Use(new UnigramVocabulary(s_pieces, new UnigramRules { Steps = [new CharacterMapStep(CharacterMap.Parse(input))] }));
    }

    /// <summary>A text has the same tokens in pieces, and their parts lie in it in order.</summary>
    private static void EncodeText(byte[] input)
    {
        foreach (UnigramVocabulary vocabulary in new[] { Of(Steps), Of(UnigramRules.SentencePiece) })
        {
            int[] whole = [.. vocabulary.Encode(new MemoryStream(input))];
            string text = FuzzFolder.WithoutMark(Encoding.UTF8.GetString(input));
            IReadOnlyList<TokenSpan> spans = vocabulary.EncodeSpans(text);
            if (!spans.Select(span => span.Id).SequenceEqual(whole) || spans.Any(span => span.Start < 0 || span.End > text.Length || span.Start >= span.End))
            {
                throw new FuzzFindingException($"'{InputText.Show(text)}' has other tokens in pieces, or parts outside of it");
            }
        }
    }
}
