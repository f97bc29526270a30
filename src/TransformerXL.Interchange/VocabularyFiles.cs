using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.BytePairs.AddedTokens;
using TransformerXL.Text.Unigram;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Interchange;

/// <summary>
/// Writes a vocabulary in the format that other programs expect of its kind, and always as <c>vocabulary.json</c>, the only one
/// that is complete: it also says how lines become words, and that a token is a character.
/// </summary>
internal static class VocabularyFiles
{
    public static void Write(string folder, Vocabulary vocabulary)
    {
        vocabulary.Save(Path.Combine(folder, StoredVocabulary.Own));
        switch (vocabulary)
        {
            case BytePairVocabulary pairs:
                TokenizerJson.Save(pairs, Path.Combine(folder, StoredVocabulary.Tokenizer));
                break;
            case WordPieceVocabulary pieces:
                WordPieceTokenizerJson.Save(pieces, Path.Combine(folder, StoredVocabulary.Tokenizer));
                WordPieceFile.Save(pieces, Path.Combine(folder, StoredVocabulary.Symbols));
                break;
            case UnigramVocabulary unigram:
                UnigramTokenizerJson.Save(unigram, Path.Combine(folder, StoredVocabulary.Tokenizer));
                break;
            case ByteVocabulary:
                TokenizerJson.Save(SingleBytes(), Path.Combine(folder, StoredVocabulary.Tokenizer));
                break;
            case SpecialTokensVocabulary { Inner: BytePairVocabulary or ByteVocabulary } special:
                TokenizerJson.Save(WithSpecialTokens(special), Path.Combine(folder, StoredVocabulary.Tokenizer));
                break;
            case WordVocabulary words when IsLines(words):
                words.SaveSymbols(Path.Combine(folder, StoredVocabulary.Symbols));
                break;
            default:
                string[] names = [.. Enumerable.Range(0, vocabulary.Count).Select(vocabulary.Describe)];
                BytePairFile.WriteJson(Path.Combine(folder, StoredVocabulary.Ids), writer => BytePairFile.WriteIds(writer, names));
                break;
        }
    }

    /// <summary>A byte vocabulary is written as byte pairs without merges.</summary>
    private static BytePairVocabulary SingleBytes() =>
        new(new BytePairModelBuilder([.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Name([(byte)value]))], []).Build(new BytePairRules()));

    /// <summary>The special tokens of an encoder become added tokens, whose names other programs replace in a text too.</summary>
    private static BytePairVocabulary WithSpecialTokens(SpecialTokensVocabulary special)
    {
        BytePairModel inner = (special.Inner as BytePairVocabulary ?? SingleBytes()).Model;
        AddedToken[] tokens = [.. Enumerable.Range(inner.Count, special.Count - inner.Count).Select(id => new AddedToken(special.Describe(id), id))];
        BytePairModelBuilder builder = new([.. inner.Names(), .. tokens.Select(token => token.Text)], [.. inner.Added, .. tokens]);
        for (int rank = 0; rank < inner.MergeCount; rank++)
        {
            builder.AddMerge(inner.Merge(rank).Left, inner.Merge(rank).Right);
        }

        return new BytePairVocabulary(builder.Build(inner.Rules));
    }

    private static bool IsLines(WordVocabulary words) =>
        words.UnknownId is not null && words.Symbols.ToArray().All(symbol => symbol.Length > 0 && !symbol.Any(char.IsWhiteSpace));
}
