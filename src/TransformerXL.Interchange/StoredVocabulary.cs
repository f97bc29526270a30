using System.Text;
using System.Text.Json;
using TransformerXL.Interchange.PyTorch;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.Unigram;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Interchange;

/// <summary>The vocabulary of a stored model, in any of the supported file formats.</summary>
internal static class StoredVocabulary
{
    public const string Own = "vocabulary.json", Tokenizer = "tokenizer.json", Ids = "vocab.json", Merges = "merges.txt", Symbols = "vocab.txt";

    /// <summary>What byte pairs have in place of a space.</summary>
    private const char ByteLevelSpace = '\u0120';

    /// <summary>In the order in which they are tried: the most complete formats first.</summary>
    private static readonly string[] Names = [Own, Tokenizer, Ids, "vocab.pkl", "vocab.bin", Symbols, SentencePieceFile.NameOfFairseq, SentencePieceFile.Name];

    /// <summary>The file of the vocabulary in a folder; null if there is none.</summary>
    public static string? TryFind(string folder) => Names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>The error if there is none.</summary>
    public static InputException NotFound(string folder) =>
        new($"'{folder}' holds no vocabulary ({string.Join(", ", Names)}), and a model without one can neither read nor write text; name the vocabulary file") { Remedies = [new("vocabularyFile")] };

    /// <summary>Reads a vocabulary; the format follows from the file extension and the content.</summary>
    /// <exception cref="InputException">The file cannot be used.</exception>
    public static Vocabulary Load(string path)
    {
        string ending = Path.GetExtension(path).ToLowerInvariant();
        return ending switch
        {
            ".json" => LoadJson(path),
            ".model" => SentencePieceFile.Load(path),
            ".txt" when File.Exists(path) && WordPieceFile.IsIn(path) => WordPieceFile.Load(path),
            ".txt" => Words(path, File.Exists(path) ? WordVocabulary.LoadSymbols(path, new WordRules { Marks = LineMarks.None }) : throw Missing(path)),
            _ => Pickled(path),
        };
    }

    private static Vocabulary LoadJson(string path)
    {
        string merges = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, Merges);
        (bool isOwn, string? kind) = BytePairFile.Read(path, content => BytePairFile.ParseJson(content, root => (BytePairFile.IsOwn(root), TokenizerModels.KindOf(root))));
        return kind switch
        {
            _ when isOwn => Vocabulary.Load(path),
            WordPieceVocabulary.KindName => WordPieceTokenizerJson.Load(path),
            UnigramVocabulary.KindName => UnigramTokenizerJson.Load(path),
            BytePairVocabulary.KindName => TokenizerJson.Load(path),
            _ when File.Exists(merges) => VocabularyAndMerges.Load(path, merges, addPrefixSpace: AddsPrefixSpace(path)),
            _ => BytePairFile.Read(path, content => FromNames(RequireWords(BytePairFile.ParseJson(content, Parse)))),
        };
    }

    /// <summary>What the settings of the tokenizer beside a vocabulary say about a space before the text.</summary>
    private static bool AddsPrefixSpace(string path)
    {
        string rules = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, WordPieceFile.RulesName);
        return File.Exists(rules) && BytePairFile.Read(rules, content => BytePairFile.ParseJson(
            content, root => root.ValueKind == JsonValueKind.Object && root.TryGetProperty("add_prefix_space", out JsonElement adds) && adds.ValueKind == JsonValueKind.True));
    }

    private static string[] Parse(JsonElement root)
    {
        var ids = new TokenIds();
        ids.AddAll(root);
        return [.. ids.ToNames(mayHaveGaps: false).Select(name => name!)];
    }

    /// <summary>Refuses byte pairs in the letters of GPT-2, whose words no text would contain.</summary>
    private static string[] RequireWords(string[] names)
    {
        string? pair = Array.Find(names, name => name.Length > 1 && name[0] == ByteLevelSpace);
        Require.That(pair is null, $"it holds byte pairs, such as '{pair}', but there is no {Merges} beside it, which they need");
        return names;
    }

    /// <summary>A vocabulary of characters if every symbol after the unknown one is one character; otherwise of words.</summary>
    private static Vocabulary FromNames(string[] names)
    {
        bool characters = names.Length > 1 && names[0] == CharacterVocabulary.UnknownName
            && names.Skip(1).All(name => Rune.DecodeFromUtf16(name, out _, out int used) == System.Buffers.OperationStatus.Done && used == name.Length);
        return characters
            ? new CharacterVocabulary(names.Skip(1).Select(name => Rune.GetRuneAt(name, 0)))
            : new WordVocabulary(names, RulesFor(names, new WordRules()));
    }

    private static WordVocabulary Words(string path, WordVocabulary read)
    {
        string? unknown = read.UnknownId is { } id ? read.Describe(id) : null;
        return Named(path, () => new WordVocabulary(read.Symbols.ToArray(), RulesFor(read.Symbols.ToArray(), read.Rules), unknown));
    }

    private static WordVocabulary Pickled(string path)
    {
        PickledVocabulary pickled = File.Exists(path) ? PickledVocabulary.Read(path) : throw Missing(path);
        WordRules rules = new() { LowerCase = pickled.LowerCase, Delimiter = pickled.Delimiter };
        return Named(path, () => new WordVocabulary(
            pickled.Symbols, RulesFor(pickled.Symbols, rules), pickled.UnknownId is { } id ? pickled.Symbols[id] : null));
    }

    /// <summary>
    /// The files do not say whether lines get marks: the reference adds marks when it reads a text. A vocabulary that has a mark
    /// is taken to be from a text that was read with it.
    /// </summary>
    private static WordRules RulesFor(IReadOnlyCollection<string> symbols, WordRules rules) => rules with
    {
        Marks = symbols.Contains(WordVocabulary.EndOfLine) ? LineMarks.End
            : symbols.Contains(WordVocabulary.SentenceMark) ? LineMarks.BothEnds
            : LineMarks.None,
    };

    private static WordVocabulary Named(string path, Func<WordVocabulary> create)
    {
        try
        {
            return create();
        }
        catch (InputException exception)
        {
            throw new InputException($"vocabulary '{path}': {exception.Message}", exception);
        }
    }

    private static InputException Missing(string path) => new($"there is no vocabulary '{path}'");
}
