using System.Text.Json;

namespace TransformerXL.Text.BytePairs;

/// <summary>Reads byte pairs from any of the files that hold them, distinguished by content: <c>vocabulary.json</c>, <c>tokenizer.json</c>, or <c>vocab.json</c> with <c>merges.txt</c> in the same folder.</summary>
internal static class BytePairVocabularyFile
{
    private const string Merges = "merges.txt";

    /// <exception cref="InputException">The file is missing, too large, damaged, or has another format.</exception>
    public static BytePairVocabulary Load(string path)
    {
        (bool isOwn, bool isTokenizer) = BytePairFile.Read(path, content => BytePairFile.ParseJson(content, Inspect));
        if (isOwn)
        {
            Vocabulary own = Vocabulary.Load(path);
            return own as BytePairVocabulary ?? throw VocabularyChoice.OfOtherKind(path, own.Kind, BytePairVocabulary.KindName);
        }

        if (isTokenizer)
        {
            return TokenizerJson.Load(path);
        }

        string merges = MergesBeside(path);
        return File.Exists(merges)
            ? VocabularyAndMerges.Load(path, merges)
            : throw new InputException($"vocabulary '{path}' is neither a vocabulary.json of a run nor a tokenizer.json, nor a vocab.json, which needs {Merges} in the same folder");
    }

    /// <summary>Whether the file is a <c>tokenizer.json</c>, or a <c>vocab.json</c> with <c>merges.txt</c> in the same folder.</summary>
    public static bool IsForeign(string path)
    {
        try
        {
            (bool isOwn, bool isTokenizer) = BytePairFile.Read(path, content => BytePairFile.ParseJson(content, Inspect));
            return !isOwn && (isTokenizer || File.Exists(MergesBeside(path)));
        }
        catch (InputException)
        {
            return false;
        }
    }

    private static string MergesBeside(string path) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, Merges);

    private static (bool IsOwn, bool IsTokenizer) Inspect(JsonElement root) => (
        BytePairFile.IsOwn(root),
        root.TryGetProperty("model", out JsonElement model) && model.ValueKind == JsonValueKind.Object);
}
