using TransformerXL.Testing;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Synthetic;
using Xunit;

namespace TransformerXL.Tests.Data.Synthetic;

public sealed class SyntheticExamplesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_label_of_a_document_stands_at_its_distance_before_the_end_and_nowhere_else()
    {
        new LongDocuments(distance: 4000, classes: 4, symbols: 5).Write(_folder["data"], 200, seed: 3);
        ExampleSplits splits = ExampleFiles.FindSplits(_folder["data"])!;
        TextData data = TextData.Inspect(Open(splits.Train), Open(splits.Validation!), Open(splits.Test!));
        Assert.Equal(["blue", "green", "red", "white"], data.Labels);
        Assert.Equal([200L, 20, 20], data.Summary.Splits.Select(split => split.Count));
        Assert.Empty(data.Summary.Overlaps);
        Assert.All(Open(splits.Train), example =>
        {
            Assert.EndsWith($"[{example.Labels[0]}]", example.Text[..^4000], StringComparison.Ordinal);
            Assert.DoesNotContain('[', example.Text[^4000..]);
        });
        Assert.All(data.Summary.Splits[0].Labels, label => Assert.InRange(label.Count, 25, 75));
    }

    [Fact]
    public void Questions_are_answered_by_their_text_or_marked_and_names_do_not_tell_the_answer()
    {
        new FactQuestions(facts: 5, questions: 3, unanswerable: 30).Write(_folder["data"], 1000, seed: 3);
        ExampleSource<QuestionExample> train = ExampleFiles.OpenQuestions(_folder["data/train.json"], new() { RequiresLabels = true });
        QuestionData data = QuestionData.Inspect(train, ExampleFiles.OpenQuestions(_folder["data/valid.json"], new()));
        Assert.True(data.HasUnanswerable);
        Assert.Equal(1000, data.Summary.Splits[0].Count);
        Assert.InRange(train.Count(example => example.IsUnanswerable), 250, 350);
        Assert.Equal(4, train.First().Context.Split(". ").Length - 1);

        // The same question has many answers, so only the text helps.
        string asked = train.GroupBy(example => example.Question).MaxBy(group => group.Count())!.Key;
        Assert.True(train.Where(example => example.Question == asked && !example.IsUnanswerable).Select(example => example.Answers[0].Text).Distinct().Count() > 3);
    }

    [Fact]
    public void The_same_seed_gives_the_same_files_and_a_stop_leaves_nothing()
    {
        new FactQuestions().Write(_folder["a"], 100, seed: 7);
        new FactQuestions().Write(_folder["b"], 100, seed: 7);
        new FactQuestions().Write(_folder["c"], 100, seed: 8);
        Assert.Equal(File.ReadAllText(_folder["a/train.json"]), File.ReadAllText(_folder["b/train.json"]));
        Assert.NotEqual(File.ReadAllText(_folder["a/train.json"]), File.ReadAllText(_folder["c/train.json"]));
        Assert.DoesNotContain("is_impossible", File.ReadAllText(_folder["a/train.json"]), StringComparison.Ordinal);
        Assert.Throws<OperationCanceledException>(() => new LongDocuments().Write(_folder["d"], 100, 1, cancellationToken: new CancellationToken(canceled: true)));
        Assert.False(Directory.Exists(_folder["d"]));
        Assert.Throws<InputException>(() => new LongDocuments().Write(_folder["a"], 100, 1));
    }

    private static ExampleSource<TextExample> Open(string path) => ExampleFiles.OpenTexts(path, new() { RequiresLabels = true });
}
