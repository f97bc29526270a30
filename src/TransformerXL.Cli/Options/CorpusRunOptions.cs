using TransformerXL.Training;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Cli.Options;

/// <summary>Which text a run learns from.</summary>
internal static class CorpusRunOptions
{
    public static IEnumerable<RunOption> All()
    {
        yield return FullPath("--data", "UTF-8 text file, folder of text files, or data set made by 'txl data prepare'.", c => c.Path, (c, path) => c with { Path = path });
        yield return FullPath("--train", "Training text, file or folder; with --valid, instead of --data.", c => c.TrainPath, (c, path) => c with { TrainPath = path });
        yield return FullPath("--valid", "Validation text, file or folder; with --train.", c => c.ValidationPath, (c, path) => c with { ValidationPath = path });
        yield return FullPath("--test", "Test text, file or folder; with --train.", c => c.TestPath, (c, path) => c with { TestPath = path });
        CorpusOptions standard = new();
        yield return Fraction("--valid-fraction", "Share of --data used for validation, from 0 to below 1.", standard.ValidationFraction, c => c.ValidationFraction, (c, share) => c with { ValidationFraction = share });
        yield return Fraction("--test-fraction", "Share of --data held out for the final test, from 0 to below 1.", standard.TestFraction, c => c.TestFraction, (c, share) => c with { TestFraction = share });
        foreach (RunOption option in VocabularyRunOptions.All())
        {
            yield return option;
        }
    }

    internal static CorpusOptions Corpus(RunConfiguration configuration) => configuration.Corpus ?? new CorpusOptions();

    // Whole paths, so that a run goes on whatever the current folder is then.
    private static RunOption<string?, string?> FullPath(string name, string description, Func<CorpusOptions, string?> get, Func<CorpusOptions, string?, CorpusOptions> set) =>
        new(
            NewOption.Text(name, "PATH", description),
            path => path is null ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)),
            c => get(Corpus(c)),
            (c, path) => c with { Corpus = set(Corpus(c), path) });

    private static RunOption<double?, double> Fraction(string name, string description, double standard, Func<CorpusOptions, double> get, Func<CorpusOptions, double, CorpusOptions> set) =>
        new(
            NewOption.Real(name, description, "from 0 to below 1", value => value is >= 0 and < 1, (double?)standard),
            share => share!.Value,
            c => get(Corpus(c)),
            (c, share) => c with { Corpus = set(Corpus(c), share) });
}
