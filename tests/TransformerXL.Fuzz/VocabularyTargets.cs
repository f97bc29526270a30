using System.Text;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Fuzz;

/// <summary>Files of vocabularies: our own, those of Hugging Face and GPT-2, lists of words.</summary>
internal static class VocabularyTargets
{
    private static readonly string[] s_tokens = ["a", "b", "c", "Ġ", "ab", "Ġc", "<|endoftext|>"];

    public static IEnumerable<FuzzTarget> All =>
    [
        new("vocabulary.json", input => Vocabulary.Load(FuzzFolder.File("vocabulary.json", input)), OwnForms),
        new("tokenizer.json", input => Use(TokenizerJson.Load(FuzzFolder.File("tokenizer.json", input))), Tokenizers),
        new("vocab.json", input => Use(VocabularyAndMerges.Load(FuzzFolder.File("vocab.json", input), FuzzFolder.File("merges.txt", Merges))), () => [Ids]),
        new("merges.txt", input => Use(VocabularyAndMerges.Load(FuzzFolder.File("vocab.json", Ids), FuzzFolder.File("merges.txt", input))), () => [Merges]),
        new("vocab.txt", input => WordVocabulary.LoadSymbols(FuzzFolder.File("vocab.txt", input)), WordLists),
    ];

    private static byte[] Ids => Encoding.UTF8.GetBytes("{" + string.Join(",", AllNames().Select((name, id) => $"\"{Escape(name)}\":{id}")) + "}");

    private static byte[] Merges => Encoding.UTF8.GetBytes("#version: 0.2\na b\nĠ c\n");

    /// <summary>Encodes a little: a vocabulary that was accepted must be usable.</summary>
    private static void Use(BytePairVocabulary vocabulary) => vocabulary.Encode("ab c<|endoftext|>abab  c");

    private static IEnumerable<byte[]> OwnForms()
    {
        yield return """{"format":"transformerxl.vocabulary","version":1,"kind":"bytes"}"""u8.ToArray();
        yield return FuzzFolder.Written("vocabulary.json", new CharacterVocabulary("abé".EnumerateRunes()).Save);
        yield return FuzzFolder.Written("vocabulary.json", new WordVocabulary(["<eos>", "<unk>", "the", "of"]).Save);
        yield return FuzzFolder.Written("vocabulary.json", VocabularyAndMerges.Load(FuzzFolder.File("vocab.json", Ids), FuzzFolder.File("merges.txt", Merges)).Save);
    }

    private static IEnumerable<byte[]> Tokenizers() =>
        [FuzzFolder.Written("tokenizer.json", path => TokenizerJson.Save(VocabularyAndMerges.Load(FuzzFolder.File("vocab.json", Ids), FuzzFolder.File("merges.txt", Merges)), path))];

    private static IEnumerable<byte[]> WordLists() => ["<eos>\n<unk>\nthe\nof 12\n"u8.ToArray(), "<eos>\n<UNK>\nthe\n"u8.ToArray()];

    private static IEnumerable<string> AllNames() => Enumerable.Range(0, 256).Select(value => ByteAlphabet.Name([(byte)value])).Concat(s_tokens).Distinct();

    private static string Escape(string name) => System.Text.Json.JsonEncodedText.Encode(name).ToString();
}
