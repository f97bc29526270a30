using System.Collections;

namespace TransformerXL.Training.Examples;

/// <summary>
/// The examples of a file or folder. Every enumeration reads the file again, one example at a time, and throws an
/// <see cref="InputException"/> that names file, line and column at the first one that is wrong.
/// </summary>
/// <typeparam name="T">The kind of examples.</typeparam>
public sealed class ExampleSource<T> : IEnumerable<T> where T : Example
{
    private readonly Func<IEnumerable<T>> _read;

    internal ExampleSource(string path, ExampleFormat format, string formatName, Func<IEnumerable<T>> read) =>
        (Path, Format, FormatName, _read) = (path, format, formatName, read);

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    /// <summary>Its format.</summary>
    public ExampleFormat Format { get; }

    /// <summary>The format in words, such as <c>CSV</c> or <c>GLUE CoLA</c>.</summary>
    public string FormatName { get; }

    /// <summary>What the labels of texts are; <see cref="LabelKind.One"/> for other examples.</summary>
    public LabelKind Labels { get; internal init; }

    /// <summary>A note on entries of the folder that are not examples, such as runs; null if there are none.</summary>
    internal string? LeftOut { get; init; }

    /// <summary>What gives an example its label, for messages; empty where every example has one.</summary>
    internal string LabelAdvice { get; init; } = "";

    /// <summary>All examples, if these are a part of them that was chosen by a share; null otherwise.</summary>
    internal ExampleSource<T>? Whole { get; init; }

    /// <summary>
    /// A part of the examples. A hash of the input chooses the part, so equal inputs are in one part and the choice is the same each time.
    /// </summary>
    /// <param name="part">The part.</param>
    /// <param name="validation">Share of the validation part.</param>
    /// <param name="test">Share of the test part.</param>
    /// <exception cref="InputException">The shares are negative, or leave nothing to train on.</exception>
    public ExampleSource<T> Part(SplitPart part, double validation, double test)
    {
        Require.Probability("validation fraction", validation);
        Require.Probability("test fraction", test);
        Require.That(validation + test < 1, FormattableString.Invariant($"the fractions of validation, {validation}, and test, {test}, leave nothing to train on; their sum must be below 1"));
        return new ExampleSource<T>(Path, Format, FormatName, () => _read().Where(example => PartOf(example, validation, test) == part)) { Labels = Labels, LeftOut = LeftOut, LabelAdvice = LabelAdvice, Whole = this };
    }

    /// <summary>The error that no example has a label or an answer.</summary>
    internal InputException Unlabelled()
    {
        bool isOfQuestions = typeof(T) == typeof(QuestionExample);
        return new InputException($"'{Path}' has no {(isOfQuestions ? "answers" : "labels")}, so nothing can be measured on it{(LabelAdvice.Length > 0 ? $"; {LabelAdvice}" : "")}")
        {
            Remedies = isOfQuestions ? [] : [new(Format == ExampleFormat.Conll ? "task.examples.tagColumn" : "task.examples.labelColumn")],
        };
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => _read().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static SplitPart PartOf(T example, double validation, double test)
    {
        double place = (double)(ulong)(example.InputFingerprint() >> 64) / ulong.MaxValue;
        return place < validation ? SplitPart.Validation : place < validation + test ? SplitPart.Test : SplitPart.Train;
    }
}
