using System.Text.Json.Nodes;
using TransformerXL.Text;

namespace TransformerXL.Cli.Options;

/// <summary>The vocabulary of a run.</summary>
internal static class VocabularyRunOptions
{
    public static IEnumerable<RunOption> All()
    {
        MemberOptions vocabulary = new("corpus.vocabulary");
        VocabularyKind standard = new VocabularyOptions().Kind;
        yield return new RunOption<string>(
            NewOption.Choice("--vocabulary", "Tokens", VocabularyKinds.Names, VocabularyKinds.NameOf(standard)),
            "corpus.vocabulary.kind",
            name => VocabularyKinds.Parse(name).ToString())
        {
            Show = Word,
        };
        yield return new RunOption<bool>(
            NewOption.Flag("--bytes", "Short for --vocabulary bytes, which reads any file."),
            "corpus.vocabulary.kind",
            _ => nameof(VocabularyKind.Bytes))
        {
            Sets = bytes => bytes,
            Show = Word,
        };
        yield return vocabulary.Text("--vocabulary-file", "FILE", "Existing vocabulary: vocabulary.json, tokenizer.json, vocab.json, word list or .model.", "file", Path.GetFullPath);
        yield return vocabulary.Whole<int>("--min-frequency", "Minimum count in the training text, for words and byte-pairs. [default: 0, byte-pairs 2]", 0, int.MaxValue, null, "minFrequency");
        yield return vocabulary.Whole<int>("--max-vocabulary", "Maximum size in tokens, for words and byte-pairs. [default: all words, 8192 byte-pairs]", 1, int.MaxValue, null, "maxSize");
        yield return vocabulary.Flag("--lower-case", "Convert the text to lower case, for words.", "lowerCase");
        yield return vocabulary.Text("--delimiter", "TEXT", "Separator of words, such as '\\t'. [default: any white space]", "delimiter", Escapes.Resolve);
        yield return vocabulary.Flag("--no-eos", "Do not end each line with the symbol <eos>, for words.", "addEos", negated: true);
        yield return vocabulary.Flag("--sentences", "Put the symbol <S> at both ends of each line, for words, as in One Billion Word.", "addDoubleEos");
    }

    private static string Word(JsonNode? kind) => kind is null ? RunOption.Nothing : VocabularyKinds.NameOf(Enum.Parse<VocabularyKind>(kind.ToString()));
}
