using System.Text.Json;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.Unigram;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Text;

/// <summary>Tells which kind of vocabulary a Hugging Face <c>tokenizer.json</c> holds.</summary>
internal static class TokenizerModels
{
    /// <summary>The name of the kind; null for another JSON file. A model without a known type is taken for byte pairs.</summary>
    public static string? KindOf(JsonElement root) =>
        BytePairFile.IsOwn(root) ? null
        : !root.TryGetProperty("model", out JsonElement model) || model.ValueKind != JsonValueKind.Object ? null
        : TokenizerJsonSplits.IsOfType(model, "WordPiece") ? WordPieceVocabulary.KindName
        : TokenizerJsonSplits.IsOfType(model, "Unigram") ? UnigramVocabulary.KindName
        : BytePairVocabulary.KindName;

    /// <summary>The same of a file; null also for one that cannot be read.</summary>
    public static string? KindOf(string path)
    {
        try
        {
            return BytePairFile.Read(path, content => BytePairFile.ParseJson(content, KindOf));
        }
        catch (InputException)
        {
            return null;
        }
    }
}
