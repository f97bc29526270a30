using TransformerXL.Files;
using TransformerXL.Labels;

namespace TransformerXL.Training.Examples;

/// <summary>What a labelling of words learns from: its tags, their scheme, and a summary of its data.</summary>
public sealed record SentenceData
{
    private SentenceData()
    {
    }

    /// <summary>The tags of the training data in ordinal order, and those that the scheme adds: with a type all tags that a span of it may need.</summary>
    public required LabelSet Tags { get; init; }

    /// <summary>The scheme of the tags.</summary>
    public required TagScheme Scheme { get; init; }

    /// <summary>Counts, lengths, duplicates. Its labels are tags, or with a scheme of spans the types of the spans.</summary>
    public required DataSummary Summary { get; init; }

    /// <summary>Words with a punctuation mark at an end that are one word in the training data, which has other marks as words of their own; null if it does not.</summary>
    public IReadOnlyList<string>? WholeWords { get; init; }

    /// <summary>Number of words of the training data.</summary>
    public required long TrainingWords { get; init; }

    /// <summary>Reads all splits, and checks that they fit each other.</summary>
    /// <param name="train">The training data.</param>
    /// <param name="validation">The validation data; null if there is none.</param>
    /// <param name="test">The test data; null if there is none.</param>
    /// <param name="scheme">The scheme; null finds it by the tags and their order.</param>
    /// <param name="known">The tags, where they are given; null takes those of the training data.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="InputException">A split is empty, a tag breaks the scheme, or a split has a tag that the training data lacks.</exception>
    public static SentenceData Inspect(
        ExampleSource<SentenceExample> train,
        ExampleSource<SentenceExample>? validation = null,
        ExampleSource<SentenceExample>? test = null,
        TagScheme? scheme = null,
        LabelSet? known = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        TagScheme found = scheme ?? SchemeSurvey.Find(train, cancellationToken);
        DataSurvey<SentenceExample> survey = new("words", example => found == TagScheme.Plain ? example.Tags : TagSchemes.Spans(example.Tags, found).Select(span => span.Type));
        HashSet<string> tags = new(StringComparer.Ordinal);
        LabelSet? labels = known;
        PunctuationSurvey punctuation = new();
        long words = 0;
        DataSummary summary = survey.Read(
            train,
            validation,
            test,
            (example, training) =>
            {
                Check(example, found, labels);
                if (training)
                {
                    tags.UnionWith(example.Tags);
                    punctuation.Add(example);
                    words += example.Words.Count;
                }
            },
            () => labels ??= LabelSet.Sorted(found == TagScheme.Plain ? tags : WithWholeSpans(tags, found)),
            cancellationToken);
        Require.That(
            summary.Splits[0].Unlabelled < summary.Splits[0].Count,
            $"the training data '{train.Path}' has no tags; {train.LabelAdvice}. To learn one label of each text, classify texts",
            [new("task.kind", "classify")]);
        Require.That(labels!.Count > 1, $"the training data '{train.Path}' has 1 tag, '{InputText.Show(labels[0])}'; there is nothing to tell apart. Add sentences with another tag");
        return new SentenceData { Tags = labels, Scheme = found, Summary = summary, TrainingWords = words, WholeWords = punctuation.WholeWords() };
    }

    private static void Check(SentenceExample example, TagScheme scheme, LabelSet? labels)
    {
        example.RequireScheme(scheme);
        for (int i = 0; i < example.Tags.Count && labels is not null; i++)
        {
            if (!labels.TryGetId(example.Tags[i], out _))
            {
                throw example.PlaceOf(i).Fault($"{example.Describe(i)}, has the tag '{InputText.Show(example.Tags[i])}', which does not occur in the training data; {labels.Nearest(example.Tags[i])}. Correct it, or give the training data examples of it");
            }
        }
    }

    /// <summary>A type that has, say, B-X alone in the training data may well have longer spans elsewhere.</summary>
    private static IEnumerable<string> WithWholeSpans(IEnumerable<string> tags, TagScheme scheme)
    {
        string prefixes = scheme == TagScheme.Bioes ? "BIES" : "BI";
        return tags.Append("O").Concat(tags.Select(Tag.TryParse).OfType<Tag>().Where(tag => !tag.IsOutside).SelectMany(tag => prefixes.Select(prefix => Tag.Text(prefix, tag.Type))));
    }
}
