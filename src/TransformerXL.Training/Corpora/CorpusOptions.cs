using System.Text.Json.Serialization;
using TransformerXL.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>
/// The files of a text and how it is split. Either <see cref="Path"/>, split into training, validation and test text in this
/// order, or <see cref="TrainPath"/> and <see cref="ValidationPath"/>, perhaps with <see cref="TestPath"/>. Every path names a UTF-8 file or a folder:
/// all files in it and below, in ordinal order of their relative paths, joined with a newline; hidden files, links to folders, and folders
/// of runs (recognized by their contents) are left out, as are empty files. A file that cannot be text is rejected, unless its own path is given and the vocabulary accepts any bytes.
/// </summary>
public sealed record CorpusOptions
{
    /// <summary>A file or folder that is split by the fractions, or the folder of a prepared data set (<see cref="Datasets.DatasetManifest"/>), which has splits and a vocabulary of its own.</summary>
    public string? Path { get; init; }

    /// <summary>A file or folder of training text.</summary>
    public string? TrainPath { get; init; }

    /// <summary>A file or folder of validation text.</summary>
    public string? ValidationPath { get; init; }

    /// <summary>A file or folder of test text; without it the test split is empty.</summary>
    public string? TestPath { get; init; }

    /// <summary>Share of the bytes of <see cref="Path"/> that is validation text, before the test text; 0 to below 1. The split is between characters.</summary>
    public double ValidationFraction { get; init; } = 0.05;

    /// <summary>Share of the bytes of <see cref="Path"/> at the end that is test text; 0 to below 1. The split is between characters.</summary>
    public double TestFraction { get; init; } = 0.05;

    /// <summary>
    /// A file whose lines are the translations of the lines of <see cref="Path"/>, which is a file then, in the same order: for translation language modelling. Splits are between lines.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TranslationPath { get; init; }

    /// <summary>
    /// The vocabulary; null for characters, or for that of a prepared data set. With words, splits by fractions are between lines,
    /// and no newline is added after a file that ends with one.
    /// </summary>
    public VocabularyOptions? Vocabulary { get; init; }

    /// <summary>Checks every field.</summary>
    /// <exception cref="InputException">A field breaks a rule; the message names field, value and rule.</exception>
    public void Validate()
    {
        ValidateCommon();
        bool separate = TrainPath is not null || ValidationPath is not null || TestPath is not null;
        if (Path is null && !separate)
        {
            throw new InputException($"no text is named: {nameof(Path)}, or {nameof(TrainPath)} and {nameof(ValidationPath)}, must be set");
        }
        if (Path is not null && separate)
        {
            throw new InputException($"a text that is split, '{Path}', cannot be combined with separate training, validation or test texts");
        }
        Require.That(TranslationPath is null || Path is not null, $"'{TranslationPath}' holds translations of the lines of a text that is split, but no such text is named", nameof(TranslationPath));
        if (separate && (TrainPath is null || ValidationPath is null))
        {
            throw new InputException($"a training text ('{TrainPath}') and a validation text ('{ValidationPath}') must both be named when one of the splits is");
        }
    }

    /// <summary>Rejects paths that no file can have.</summary>
    internal void RequirePaths()
    {
        Require.Path(Path);
        Require.Path(TrainPath);
        Require.Path(ValidationPath);
        Require.Path(TestPath);
        Require.Path(TranslationPath);
        Require.Path(Vocabulary?.File);
    }

    internal void ValidateWithoutPaths()
    {
        ValidateCommon();
        if ((Path ?? TrainPath ?? ValidationPath ?? TestPath ?? TranslationPath) is { } path)
        {
            throw new InputException($"the path '{path}' must not be set when the text itself is given");
        }
    }

    private void ValidateCommon()
    {
        RequirePaths();
        if (Vocabulary is not null)
        {
            Require.Within("vocabulary", Vocabulary.Validate);
        }

        RequireFraction(ValidationFraction, "validation fraction", nameof(ValidationFraction));
        RequireFraction(TestFraction, "test fraction", nameof(TestFraction));
        if (ValidationFraction + TestFraction >= 1)
        {
            throw new InputException($"validation fraction {ValidationFraction} + test fraction {TestFraction} must be below 1, so that text to train on remains");
        }
    }

    private static void RequireFraction(double value, string name, string member) =>
        Require.That(value >= 0 && value < 1, $"{name} {value} must be at least 0 and below 1", member);
}
