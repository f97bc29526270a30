using TransformerXL.Training.Examples;
using TransformerXL.Training.Rescoring;
using Xunit;

namespace TransformerXL.Tests.Training.Rescoring;

/// <summary>The search for the weight of a language model.</summary>
public sealed class RescoringWeightTests
{
    private static RescoredList List(string reference, params (string Text, double Score, double Model)[] hypotheses) => new(
        new HypothesisList { Place = new ExamplePlace("x", 1), Reference = reference, Hypotheses = [.. hypotheses.Select(each => new Hypothesis(each.Text, each.Score))] },
        [.. hypotheses.Select(each => each.Model)]);

    [Fact]
    public void The_weight_is_in_the_middle_of_the_range_with_the_fewest_errors()
    {
        // Lines 0 - 3w, -1 - 2w and -4 - w cross at the weights 1 and 3; the right text is the highest between them.
        RescoredList list = List("a b", ("x y", 0, -3), ("a b", -1, -2), ("z", -4, -1));
        RescoringWeight found = RescoringWeight.Find([list]);
        Assert.Equal((2.0, 0L, 2L, 0L, 2L), (found.Weight, found.Errors, found.ErrorsBefore, found.OracleErrors, found.Words));
        Assert.Equal([0, 1, 2], ((double[])[0.5, 2, 3.5]).Select(list.Best));
        Assert.Equal([1, 0, 2], list.Order(2));
    }

    [Fact]
    public void The_weight_is_0_where_the_model_only_spoils()
    {
        RescoringWeight found = RescoringWeight.Find([List("a", ("a", 0, -5), ("b", -10, -1))]);
        Assert.Equal((0L, 0L), (found.Errors, found.ErrorsBefore));
        Assert.Equal(1.25, found.Weight);
        Assert.Equal(0, RescoringWeight.Find([List("a", ("a", 0, -1), ("b", -10, -1))]).Weight);
    }

    [Fact]
    public void No_weight_of_a_fine_grid_has_fewer_errors()
    {
        Random random = new(5);
        string[] words = ["a", "b", "c"];
        string Text() => string.Join(' ', Enumerable.Range(0, 4).Select(_ => words[random.Next(3)]));
        RescoredList[] lists = [.. Enumerable.Range(0, 40).Select(_ => List(Text(), [.. Enumerable.Range(0, 8).Select(_ => (Text(), Math.Round(random.NextDouble() * 10, 1), -Math.Round(random.NextDouble() * 10, 1)))]))];
        RescoringWeight found = RescoringWeight.Find(lists);
        long Errors(double weight) => lists.Sum(list => (long)Metrics(list, weight));
        Assert.Equal(found.Errors, Errors(found.Weight));
        Assert.Equal(found.ErrorsBefore, Errors(0));
        Assert.True(found.Errors < found.ErrorsBefore);
        Assert.All(Enumerable.Range(0, 2000), i => Assert.True(Errors(i * 0.00513) >= found.Errors));
    }

    private static int Metrics(RescoredList list, double weight) =>
        TransformerXL.Training.Metrics.WordErrors.Distance(list.List.Reference!, list.List.Hypotheses[list.Best(weight)].Text);

    [Fact]
    public void A_list_without_a_reference_is_refused()
    {
        RescoredList list = List("a", ("a", 0, 0));
        Assert.Contains("reference", Assert.Throws<InputException>(() => RescoringWeight.Find([list with { List = list.List with { Reference = null } }])).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => RescoringWeight.Find([]));
    }
}
