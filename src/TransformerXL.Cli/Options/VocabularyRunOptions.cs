using System.CommandLine;
using TransformerXL.Text;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>What a token of a run is, and how its vocabulary is made.</summary>
internal static class VocabularyRunOptions
{
    public static IEnumerable<RunOption> All()
    {
        VocabularyOptions standard = new();
        yield return New(
            NewOption.Choice("--vocabulary", "Kind of token", VocabularyKinds.Names, VocabularyKinds.NameOf(standard.Kind)),
            VocabularyKinds.Parse,
            v => v.Kind,
            (v, kind) => v with { Kind = kind });
        yield return New(
            NewOption.Flag("--bytes", "Short for --vocabulary bytes, which reads any file."),
            bytes => bytes,
            v => v.Kind == VocabularyKind.Bytes,
            (v, bytes) => bytes ? v with { Kind = VocabularyKind.Bytes } : v);
        yield return New(
            NewOption.Text("--vocabulary-file", "FILE", "Use an existing vocabulary: vocabulary.json, tokenizer.json, vocab.json or a word list."),
            path => path is null ? null : Path.GetFullPath(path),
            v => v.File,
            (v, path) => v with { File = path });
        yield return New(
            NewOption.Whole<int>("--min-frequency", "Minimum count in the training text, for words and byte-pairs. [default: 0, byte-pairs 2]", 0, int.MaxValue),
            count => count!.Value,
            v => v.MinFrequency,
            (v, count) => v with { MinFrequency = count });
        yield return New(
            NewOption.Whole<int>("--max-vocabulary", "Maximum size in tokens, for words and byte-pairs. [default: all words, 8192 byte-pairs]", 1, int.MaxValue),
            count => count,
            v => v.MaxSize,
            (v, count) => v with { MaxSize = count });
        yield return New(
            NewOption.Flag("--lower-case", "Convert the text to lower case, for words."),
            lower => lower,
            v => v.LowerCase,
            (v, lower) => v with { LowerCase = lower });
        yield return New(
            NewOption.Text("--delimiter", "TEXT", "Separator of words, such as '\\t'. [default: any white space]"),
            text => text is null ? null : Escapes.Resolve(text),
            v => v.Delimiter,
            (v, text) => v with { Delimiter = text });
        yield return New(
            NewOption.Flag("--no-eos", "Do not end each line with the symbol <eos>, for words."),
            none => !none,
            v => v.AddEos,
            (v, end) => v with { AddEos = end });
        yield return New(
            NewOption.Flag("--sentences", "Put the symbol <S> at both ends of each line, for words, as in One Billion Word."),
            both => both,
            v => v.AddDoubleEos,
            (v, both) => v with { AddDoubleEos = both });
    }

    private static RunOption<TOption, TValue> New<TOption, TValue>(
        Option<TOption> option, Func<TOption, TValue> read, Func<VocabularyOptions, TValue> get, Func<VocabularyOptions, TValue, VocabularyOptions> set) =>
        new(option, read, c => get(Vocabulary(c)), (c, value) => c with { Corpus = CorpusRunOptions.Corpus(c) with { Vocabulary = set(Vocabulary(c), value) } });

    private static VocabularyOptions Vocabulary(RunConfiguration configuration) => CorpusRunOptions.Corpus(configuration).Vocabulary ?? new VocabularyOptions();
}
