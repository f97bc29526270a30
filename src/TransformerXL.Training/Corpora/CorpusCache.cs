using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>Folders of token files, named by the identity of what they were made from.</summary>
internal static class CorpusCache
{
    private const int FolderNameLength = 16;

    public static string FolderOf(string cacheDirectory, string identity) => Path.Combine(cacheDirectory, identity[..FolderNameLength]);

    public static string VocabularyPath(string folder) => Path.Combine(folder, "vocabulary.json");

    public static string TokenPath(string folder, string split) => Path.Combine(folder, split + ".tokens");

    /// <summary>Vocabulary, training, validation and test tokens of an identity; null if they are not there, damaged, or of another one.</summary>
    public static (Vocabulary Vocabulary, TokenFile Train, TokenFile Validation, TokenFile Test)? TryOpen(string cacheDirectory, string identity)
    {
        // The identity may come from a file: it must not lead out of the folder.
        if (identity.Length <= FolderNameLength || !identity.All(char.IsAsciiHexDigitLower))
        {
            return null;
        }
        string folder = FolderOf(cacheDirectory, identity);
        if (!File.Exists(TokenPath(folder, "test")))
        {
            return null;
        }
        try
        {
            Vocabulary vocabulary = Vocabulary.Load(VocabularyPath(folder));
            return (vocabulary, Open(folder, "train", vocabulary, identity), Open(folder, "validation", vocabulary, identity), Open(folder, "test", vocabulary, identity));
        }
        catch (InputException)
        {
            // A cache that is damaged is made again; it holds nothing that the source does not.
            return null;
        }
    }

    private static TokenFile Open(string folder, string split, Vocabulary vocabulary, string identity)
    {
        TokenFile file = TokenFile.Open(TokenPath(folder, split), split);
        return file.SourceIdentity == identity && file.VocabularyFingerprint == vocabulary.Fingerprint && file.VocabularySize == vocabulary.Count
            ? file
            : throw new InputException($"'{file.Path}' was made from another text or vocabulary");
    }
}
