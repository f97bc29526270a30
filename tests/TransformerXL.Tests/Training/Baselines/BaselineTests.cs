using TransformerXL.Labels;
using TransformerXL.Testing;
using TransformerXL.Training.Baselines;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Metrics;
using Xunit;

namespace TransformerXL.Tests.Training.Baselines;

/// <summary>Baselines, on cases worked out by hand and on the development data where it is there.</summary>
public sealed class BaselineTests
{
    private static readonly ExamplePlace Place = new("x", 1);
    private static readonly LabelSet Ab = new(["a", "b"]);

    private static TextExample Text(string text, params string[] labels) => new() { Place = Place, Text = text, Labels = labels, HasNoLabelOfSeveral = labels.Length == 0 };

    [Fact]
    public void The_majority_is_the_most_frequent_label_and_a_tie_goes_to_the_first()
    {
        Assert.Equal(1, MajorityClass.Train([Text("x", "b"), Text("x", "a"), Text("x", "b")], Ab).Label);
        Assert.Equal(0, MajorityClass.Train([Text("x", "b"), Text("x", "a")], Ab).Label);
        Assert.Equal([0], MajorityClass.Train([Text("x", "a", "b"), Text("x", "a"), Text("x")], Ab).Set);
        Assert.Equal(2, MeanNumber.Train([new() { Place = Place, Text = "x", Number = 1 }, new() { Place = Place, Text = "x", Number = 3 }]).Value);
    }

    [Fact]
    public void Naive_Bayes_weighs_words_and_prior()
    {
        NaiveBayes bayes = NaiveBayes.Train([Text("Good good film", "a"), Text("good", "a"), Text("bad film", "b")], Ab);
        Assert.Equal(0, bayes.Predict(Text("GOOD")));
        Assert.Equal(1, bayes.Predict(Text("bad bad")));
        Assert.Equal(0, bayes.Predict(Text("unheard words")));
        NaiveBayes pairs = NaiveBayes.Train([Pair("x", "y", "a"), Pair("y", "x", "b")], Ab);
        Assert.Equal((0, 1), (pairs.Predict(Pair("x", "y", "a")), pairs.Predict(Pair("y", "x", "a"))));
        NaiveBayes several = NaiveBayes.Train([Text("red big", "a", "b"), Text("red", "a"), Text("big", "b"), Text("nothing")], Ab);
        Assert.Equal([[0], [1], [0, 1], []], ((string[])["red", "big", "red big", "nothing"]).Select(text => several.PredictSet(Text(text))));
    }

    private static TextExample Pair(string first, string second, string label) => Text(first, label) with { SecondText = second };

    [Fact]
    public void Each_word_gets_its_most_frequent_tag()
    {
        LabelSet tags = new(["N", "V"]);
        FrequentTag baseline = FrequentTag.Train([new() { Place = Place, Words = ["run", "run", "dog", "run"], Tags = ["V", "N", "N", "V"] }], tags);
        Assert.Equal([1, 0, 0], baseline.Predict(["run", "dog", "new"]));
        Assert.False(baseline.Knows("new"));
    }

    [Fact]
    public void The_answer_stands_near_the_words_of_the_question()
    {
        QuestionExample example = new()
        {
            Place = Place,
            Context = "The red key opens door seven. The blue key opens door nine.",
            Question = "Which door opens with the blue key?",
            Answers = [new AnswerSpan("nine", 54)],
        };
        OverlapAnswer baseline = OverlapAnswer.Train([example]);
        Assert.Equal("nine", baseline.Answer(example));
        Assert.Equal("", OverlapAnswer.Train([example with { Answers = [], IsUnanswerable = true }]).Answer(example));
    }

    private static string Data(string name)
    {
        string path = Path.Combine(RepositoryRoot.Folder, "..", "shared", "data", name);
        Skip.IfNot(File.Exists(path), "the development data is not beside the repository");
        return path;
    }

    [SkippableTheory]
    [InlineData("mail-spam", 0.703, 0.982)]
    [InlineData("brown-genre", 0.134, 0.418)]
    public void Baselines_of_texts_reach_the_known_figures(string name, double majority, double naiveBayes)
    {
        ExampleSource<TextExample> train = ExampleFiles.OpenTexts(Data($"{name}.train.jsonl"), new()), valid = ExampleFiles.OpenTexts(Data($"{name}.valid.jsonl"), new());
        TextData data = TextData.Inspect(train, valid);
        NaiveBayes bayes = NaiveBayes.Train(train, data.Labels);
        MajorityClass most = MajorityClass.Train(train, data.Labels);
        (ConfusionMatrix ofBayes, ConfusionMatrix ofMost) = (new(data.Labels), new(data.Labels));
        foreach (TextExample example in valid)
        {
            int gold = data.Labels.IdOf(example.Labels[0]);
            ofBayes.Add(gold, bayes.Predict(example));
            ofMost.Add(gold, most.Label);
        }

        Assert.Equal(majority, ofMost.Accuracy, 5e-4);
        Assert.InRange(ofBayes.Accuracy, naiveBayes, naiveBayes + 0.02);
    }

    [SkippableTheory]
    [InlineData("brown-pos", 0.903, TagScheme.Plain, 177)]
    [InlineData("brown-names", 0.969, TagScheme.Iob2, 3)]
    public void The_most_frequent_tag_of_words_reaches_the_known_figures(string name, double accuracy, TagScheme scheme, int tags)
    {
        ExampleSource<SentenceExample> train = ExampleFiles.OpenSentences(Data($"{name}.train.conll"), new()), valid = ExampleFiles.OpenSentences(Data($"{name}.valid.conll"), new());
        SentenceData data = SentenceData.Inspect(train, scheme: scheme);
        FrequentTag baseline = FrequentTag.Train(train, data.Tags);
        EntityScores scores = new(scheme);
        foreach (SentenceExample sentence in valid)
        {
            scores.Add(sentence.Tags, [.. baseline.Predict(sentence.Words).Select(tag => data.Tags[tag])]);
        }

        Assert.Equal(tags, data.Tags.Count);
        Assert.Equal(accuracy, scores.WordAccuracy, 5e-4);
    }
}
