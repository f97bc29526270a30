using TransformerXL.Labels;
using TransformerXL.Training.Metrics;
using Xunit;

namespace TransformerXL.Tests.Training.Metrics;

/// <summary>Measures of classes and numbers on cases worked out by hand by the formulas of scikit-learn and SciPy.</summary>
public sealed class ClassMetricTests
{
    private static readonly LabelSet Abc = new(["a", "b", "c"]);

    private static ConfusionMatrix Matrix(LabelSet labels, string golds, string predictions)
    {
        ConfusionMatrix matrix = new(labels);
        foreach ((char gold, char predicted) in golds.Zip(predictions))
        {
            matrix.Add(labels.IdOf($"{gold}"), labels.IdOf($"{predicted}"));
        }

        return matrix;
    }

    [Fact]
    public void A_matrix_gives_accuracy_and_the_averages_of_F1()
    {
        // a: 2 of 3 found, 3 predicted -> 2/3. b: 1 of 2 found, 2 predicted -> 1/2. c: 0 of 1 found, 1 predicted -> 0.
        ConfusionMatrix matrix = Matrix(Abc, "aaabbc", "aabbca");
        Assert.Equal(3 / 6.0, matrix.Accuracy);
        Assert.Equal(3 / 6.0, matrix.MicroF1);
        Assert.Equal(((2 / 3.0) + (1 / 2.0) + 0) / 3, matrix.MacroF1, 1e-15);
        Assert.Equal(((3 * 2 / 3.0) + (2 * 1 / 2.0) + 0) / 6, matrix.WeightedF1, 1e-15);
        Assert.Equal(new ClassScores(2, 3, 3), matrix.Of(0));
        Assert.Equal((1L, 1L, 0L), (matrix[0, 1], matrix[2, 0], matrix[2, 2]));
        Assert.Equal([(0, 1, 1L), (1, 2, 1L), (2, 0, 1L)], matrix.Confusions());
    }

    [Fact]
    public void The_macro_average_is_over_classes_that_occur_and_a_class_that_is_never_predicted_counts_as_0()
    {
        Assert.Equal((0.8 + 0) / 2, Matrix(Abc, "aab", "aaa").MacroF1, 1e-15);
        Assert.Equal(1, Matrix(Abc, "aa", "aa").MacroF1);
        Assert.Equal(0, new ConfusionMatrix(Abc).MacroF1);
        Assert.Equal(0, new ConfusionMatrix(Abc).Accuracy);
        Assert.Equal((0.0, 0.0, 0.0), (Matrix(Abc, "a", "b").Of(2).Precision, Matrix(Abc, "a", "b").Of(2).Recall, Matrix(Abc, "a", "b").Of(2).F1));
    }

    [Fact]
    public void Matthews_is_that_of_two_classes_and_of_more()
    {
        // scikit-learn's example: y_true [1, 1, 1, -1], y_pred [1, -1, 1, 1] gives -1/3.
        Assert.Equal(-1 / 3.0, Matrix(Abc, "bbba", "babb").Matthews, 1e-15);

        // Three classes: 5 of 6 right; golds 2, 2, 2; predictions 3, 1, 2: (5*6 - 12) / sqrt((36 - 12)(36 - 14)).
        Assert.Equal(18 / Math.Sqrt(24 * 22), Matrix(Abc, "aabbcc", "aaabcc").Matthews, 1e-15);
        Assert.Equal(0, Matrix(Abc, "aab", "aaa").Matthews);
        Assert.Equal(1, Matrix(Abc, "abc", "abc").Matthews, 1e-15);
    }

    [Fact]
    public void Several_labels_are_counted_by_example_and_by_label()
    {
        LabelSetScores scores = new(Abc);
        scores.Add([0, 1], [0]);
        scores.Add([2], [2]);
        scores.Add([], []);
        scores.Add([1], [0, 1]);

        // Exact: the second and third. Labels: a 1 of 1 found, 2 predicted; b 1 of 2 found, 1 predicted; c 1 of 1.
        Assert.Equal(2 / 4.0, scores.ExactMatch);
        Assert.Equal(2 * 3.0 / (4 + 4), scores.MicroF1, 1e-15);
        Assert.Equal(((2 / 3.0) + (2 / 3.0) + 1) / 3, scores.MacroF1, 1e-15);
        Assert.Equal(((2 / 3.0) + 1 + 0 + (2 / 3.0)) / 4, scores.SamplesF1, 1e-15);
        Assert.Equal(new ClassScores(1, 2, 1), scores.Of(1));
    }

    [Fact]
    public void Pearson_and_Spearman_share_ranks_of_ties()
    {
        // Deviations -1.5 -0.5 0.5 1.5 and -1.5 0.5 -0.5 1.5: products sum to 4 of 5.
        Assert.Equal(0.8, Correlation.Pearson([1, 2, 3, 4], [1, 3, 2, 4])!.Value, 1e-15);
        Assert.Equal([1.0, 2.5, 2.5, 4], Correlation.Ranks([10, 20, 20, 30]));

        // Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: deviations -1.5 0 0 1.5 and -1.5 -0.5 0.5 1.5: 4.5 / sqrt(4.5 * 5).
        Assert.Equal(4.5 / Math.Sqrt(4.5 * 5), Correlation.Spearman([10, 20, 20, 30], [1, 2, 3, 100])!.Value, 1e-15);
        Assert.Equal(-1, Correlation.Spearman([1, 2, 3], [9, 4, 1])!.Value, 1e-15);
        Assert.Null(Correlation.Spearman([1, 1, 1], [1, 2, 3]));
        Assert.Null(Correlation.Pearson([1], [2]));
        Assert.Null(Correlation.Pearson([0.1, 0.1, 0.1], [1, 2, 3]));
        Assert.Null(Correlation.Spearman([1, double.NaN], [1, 2]));
    }

    [Fact]
    public void Numbers_have_errors_and_correlations()
    {
        NumberScores scores = new();
        scores.Add(1, 2);
        scores.Add(3, 3);
        scores.Add(5, 2);
        Assert.Equal(10 / 3.0, scores.MeanSquaredError, 1e-15);
        Assert.Equal(4 / 3.0, scores.MeanAbsoluteError, 1e-15);
        Assert.Equal(0, scores.Pearson!.Value, 1e-15);
        Assert.Equal(0, scores.Spearman!.Value, 1e-15);
        Assert.Equal(0, new NumberScores().MeanSquaredError);
    }

    [Fact]
    public void Word_errors_are_substitutions_insertions_and_deletions()
    {
        WordErrors errors = new();
        errors.Add("the cat sat", "the bat sat down");
        errors.Add("a b", "");
        errors.Add("", "x");
        Assert.Equal((5L, 2 + 2 + 1L), (errors.Words, errors.Errors));
        Assert.Equal(1, errors.Rate);
        Assert.Equal(0, new WordErrors().Rate);
    }
}
