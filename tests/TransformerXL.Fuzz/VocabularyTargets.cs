using System.Text;
using TransformerXL.Interchange;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.BytePairs.Splitting;

namespace TransformerXL.Fuzz;

/// <summary>Files of vocabularies: our own, those of Hugging Face and GPT-2, lists of words.</summary>
internal static class VocabularyTargets
{
    /// <summary>A pattern of a few bytes may have an automaton of 65,536 entries, whose states are lists.</summary>
    private const long AutomatonBytes = 64 << 20;

    private static readonly string[] s_tokens = ["a", "b", "c", "Ġ", "ab", "Ġc", "<|endoftext|>"];

    public static IEnumerable<FuzzTarget> All =>
    [
        new("vocabulary.json", input => Vocabulary.Load(FuzzFolder.File("vocabulary.json", input)), OwnForms),
        new("tokenizer.json", input => Use(TokenizerJson.Load(FuzzFolder.File("tokenizer.json", input))), Tokenizers),
        new("vocab.json", input => Use(VocabularyAndMerges.Load(FuzzFolder.File("vocab.json", input), FuzzFolder.File("merges.txt", Merges))), () => [Ids]),
        new("merges.txt", input => Use(VocabularyAndMerges.Load(FuzzFolder.File("vocab.json", Ids), FuzzFolder.File("merges.txt", input))), () => [Merges]),
        new("vocabulary-file", ReadAsEachKind, () => OwnForms().Skip(1).Concat(Tokenizers())),
        new("stored-vocabulary", input => StoredVocabulary.Load(FuzzFolder.File("stored/vocab.json", input)), () => OwnForms().Concat(Tokenizers()).Append("""{"<unk>":0,"a":1,"b":2}"""u8.ToArray())),
        new("split-pattern", SplitByPattern, Patterns) { FixedBytes = AutomatonBytes },
        new("vocab.txt", input => WordVocabulary.LoadSymbols(FuzzFolder.File("vocab.txt", input)), WordLists),
    ];

    /// <summary>A small vocabulary of byte pairs with a special token.</summary>
    public static BytePairVocabulary CreateBytePairs() => VocabularyAndMerges.Load(FuzzFolder.File("vocab.json", Ids), FuzzFolder.File("merges.txt", Merges));

    private static byte[] Ids => Encoding.UTF8.GetBytes("{" + string.Join(",", AllNames().Select((name, id) => $"\"{Escape(name)}\":{id}")) + "}");

    private static byte[] Merges => Encoding.UTF8.GetBytes("#version: 0.2\na b\nĠ c\n");

    /// <summary>Encodes a little: a vocabulary that was accepted must be usable.</summary>
    private static void Use(BytePairVocabulary vocabulary) => vocabulary.Encode("ab c<|endoftext|>abab  c");

    /// <summary>A file that the user names: whatever it holds is tried as the kind that was asked for.</summary>
    private static void ReadAsEachKind(byte[] input)
    {
        string path = FuzzFolder.File("any/vocabulary.json", input);
        InputException? refusal = null;
        int accepted = 0;
        foreach (VocabularyKind kind in Enum.GetValues<VocabularyKind>().Where(kind => kind != VocabularyKind.Bytes))
        {
            try
            {
                VocabularyChoice.Of(new VocabularyOptions { Kind = kind, File = path }, given: null);
                accepted++;
            }
            catch (InputException exception)
            {
                refusal = exception;
            }
        }

        if (accepted == 0 && refusal is not null)
        {
            throw refusal;
        }
    }

    /// <summary>A regular expression in the first line; the text that it cuts follows.</summary>
    private static void SplitByPattern(byte[] input)
    {
        int end = Array.IndexOf(input, (byte)'\n');
        SplitPattern pattern = SplitPattern.Parse(Encoding.UTF8.GetString(input.AsSpan(0, end < 0 ? input.Length : end)));
        PatternSplitter splitter = new(pattern);
        for (ReadOnlySpan<byte> text = input.AsSpan(end < 0 ? input.Length : end + 1); !text.IsEmpty; text = text[splitter.Known..], splitter.Take(splitter.Known))
        {
            splitter.Extend(text, ended: true, limit: 64);
            if (splitter.Known == 0)
            {
                throw new FuzzFindingException($"the pattern '{pattern.Text}' leaves {text.Length} bytes of an ended text uncut");
            }
        }
    }

    private static IEnumerable<byte[]> Patterns() =>
        new[] { @"'s|'t| ?\p{L}+| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", "(?i:ab|c)+x|[^a-c]++", "x" }
            .Select(pattern => Encoding.UTF8.GetBytes(pattern + "\nab's  12345 x\u00e9\n"));

    private static IEnumerable<byte[]> OwnForms()
    {
        yield return """{"format":"transformerxl.vocabulary","version":1,"kind":"bytes"}"""u8.ToArray();
        yield return FuzzFolder.Written("vocabulary.json", new CharacterVocabulary("abé".EnumerateRunes()).Save);
        yield return FuzzFolder.Written("vocabulary.json", new WordVocabulary(["<eos>", "<unk>", "the", "of"]).Save);
        yield return FuzzFolder.Written("vocabulary.json", CreateBytePairs().Save);
    }

    private static IEnumerable<byte[]> Tokenizers() =>
        [FuzzFolder.Written("tokenizer.json", path => TokenizerJson.Save(CreateBytePairs(), path))];

    private static IEnumerable<byte[]> WordLists() => ["<eos>\n<unk>\nthe\nof 12\n"u8.ToArray(), "<eos>\n<UNK>\nthe\n"u8.ToArray()];

    private static IEnumerable<string> AllNames() => Enumerable.Range(0, 256).Select(value => ByteAlphabet.Name([(byte)value])).Concat(s_tokens).Distinct();

    private static string Escape(string name) => System.Text.Json.JsonEncodedText.Encode(name).ToString();
}
