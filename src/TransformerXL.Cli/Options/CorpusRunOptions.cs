using TransformerXL.Training.Corpora;

namespace TransformerXL.Cli.Options;

/// <summary>The training text of a run.</summary>
internal static class CorpusRunOptions
{
    public static IEnumerable<RunOption> All()
    {
        MemberOptions corpus = new("corpus");
        CorpusOptions standard = new();
        yield return corpus.Text("--data", "PATH", "UTF-8 text file, folder of text files, or data set made by 'txl data prepare'.", "path", FullPath);
        yield return corpus.Text("--train", "PATH", "Training text, file or folder; with --valid, instead of --data.", "trainPath", FullPath);
        yield return corpus.Text("--valid", "PATH", "Validation text, file or folder; with --train.", "validationPath", FullPath);
        yield return corpus.Text("--test", "PATH", "Test text, file or folder; with --train.", "testPath", FullPath);
        yield return corpus.Share<double>("--valid-fraction", "Share of --data used for validation, from 0 to below 1.", standard.ValidationFraction, "validationFraction");
        yield return corpus.Share<double>("--test-fraction", "Share of --data held out for the final test, from 0 to below 1.", standard.TestFraction, "testFraction");
        foreach (RunOption option in VocabularyRunOptions.All())
        {
            yield return option;
        }
    }

    // Absolute paths, so that a run can be resumed from any current folder.
    public static string FullPath(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
}
