using System.CommandLine;
using TransformerXL.Data;
using TransformerXL.Training;

namespace TransformerXL.Cli.Options;

/// <summary>What a token of a run is, and how its vocabulary is made.</summary>
internal static class VocabularyRunOptions
{
    private const string Words = "With --vocabulary words:", Made = "With --vocabulary words or byte-pairs:";

    public static IEnumerable<RunOption> All()
    {
        VocabularyOptions standard = new();
        yield return New(
            NewOption.Choice("--vocabulary", "What a token is, instead of what a prepared data set says", VocabularyKinds.Names, VocabularyKinds.NameOf(standard.Kind)),
            VocabularyKinds.Parse,
            v => v.Kind,
            (v, kind) => v with { Kind = kind });
        yield return New(
            NewOption.Flag("--bytes", "Short for --vocabulary bytes: any file will do."),
            bytes => bytes,
            v => v.Kind == VocabularyKind.Bytes,
            (v, bytes) => bytes ? v with { Kind = VocabularyKind.Bytes } : v);
        yield return New(
            NewOption.Text("--vocabulary-file", "FILE", "Use this vocabulary instead of making one: the vocabulary.json of a run, for words a text file with one word a line, <unk> among them, for byte-pairs a tokenizer.json, or a vocab.json with merges.txt beside it."),
            path => path is null ? null : Path.GetFullPath(path),
            v => v.File,
            (v, path) => v with { File = path });
        yield return New(
            NewOption.Whole<int>("--min-frequency", $"{Made} words that occur less often in the training text are unknown, pairs are not merged. [default for byte-pairs: 2]", 0, int.MaxValue, standard.MinFrequency),
            count => count!.Value,
            v => v.MinFrequency,
            (v, count) => v with { MinFrequency = count });
        yield return New(
            NewOption.Whole<int>("--max-vocabulary", $"{Made} keep at most so many of the most frequent words, and the special symbols; or learn so many tokens in all. [default: all words, 8192 byte-pairs]", 1, int.MaxValue),
            count => count,
            v => v.MaxSize,
            (v, count) => v with { MaxSize = count });
        yield return New(
            NewOption.Flag("--lower-case", $"{Words} read all in lower case."),
            lower => lower,
            v => v.LowerCase,
            (v, lower) => v with { LowerCase = lower });
        yield return New(
            NewOption.Text("--delimiter", "TEXT", $"{Words} what stands between them, such as '\\t'. [default: any white space]"),
            text => text is null ? null : Escapes.Resolve(text),
            v => v.Delimiter,
            (v, text) => v with { Delimiter = text });
        yield return New(
            NewOption.Flag("--no-eos", $"{Words} lines leave no trace; without this each ends with the symbol <eos>."),
            none => !none,
            v => v.AddEos,
            (v, end) => v with { AddEos = end });
        yield return New(
            NewOption.Flag("--sentences", $"{Words} each line is a sentence of its own, with the symbol <S> at both ends, as in One Billion Word."),
            both => both,
            v => v.AddDoubleEos,
            (v, both) => v with { AddDoubleEos = both });
    }

    private static RunOption<TOption, TValue> New<TOption, TValue>(
        Option<TOption> option, Func<TOption, TValue> read, Func<VocabularyOptions, TValue> get, Func<VocabularyOptions, TValue, VocabularyOptions> set) =>
        new(option, read, c => get(Vocabulary(c)), (c, value) => c with { Corpus = CorpusRunOptions.Corpus(c) with { Vocabulary = set(Vocabulary(c), value) } });

    private static VocabularyOptions Vocabulary(RunConfiguration configuration) => CorpusRunOptions.Corpus(configuration).Vocabulary ?? new VocabularyOptions();
}
