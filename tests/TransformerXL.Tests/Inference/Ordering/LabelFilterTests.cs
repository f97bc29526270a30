using TransformerXL.Inference;
using TransformerXL.Inference.Ordering;
using Xunit;

namespace TransformerXL.Tests.Inference.Ordering;

/// <summary>Labels of texts that follow one another.</summary>
public sealed class LabelFilterTests
{
    private static readonly string[] s_labels = ["a", "b", "c"];
    private static readonly LabelOrder s_order = new() { Stay = 0.8, Weight = 1, Shares = [0.5, 0.3, 0.2] };

    /// <summary>p(y_t | x_1 .. x_t) as the sum over all sequences of labels of the product of their probabilities.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.8, 1)]
    [InlineData(0.95, 0.3)]
    public void It_gives_the_sum_over_all_sequences_of_labels(double stay, double weight)
    {
        LabelOrder order = s_order with { Stay = stay, Weight = weight };
        double[][] alone = [.. Enumerable.Range(0, 6).Select(i => Random(new Random(i), 3))];
        LabelFilter filter = new(order);
        for (int last = 0; last < alone.Length; last++)
        {
            double[] expected = new double[3];
            double[][] shares = [.. Enumerable.Range(0, last + 1).Select(t => Enumerable.Range(0, 3).Select(label => ((100 * order.Shares[label]) + alone.Take(t + 1).Sum(text => text[label])) / (101 + t)).ToArray())];
            for (int sequence = 0; sequence < Math.Pow(3, last + 1); sequence++)
            {
                int[] labels = [.. Enumerable.Range(0, last + 1).Select(t => sequence / (int)Math.Pow(3, t) % 3)];
                double probability = shares[0][labels[0]];
                for (int t = 0; t <= last; t++)
                {
                    probability *= Math.Pow(alone[t][labels[t]] / shares[t][labels[t]], weight);
                    probability *= t == 0 ? 1 : ((1 - stay) * shares[t][labels[t]]) + (labels[t] == labels[t - 1] ? stay : 0);
                }

                expected[labels[last]] += probability;
            }

            Classification next = filter.Next(Of(alone[last]));
            for (int label = 0; label < 3; label++)
            {
                Assert.Equal(expected[label] / expected.Sum(), next.Probabilities[label].Probability, 1e-12);
            }

            Assert.Equal(next.Probabilities.MaxBy(label => label.Probability).Label, Assert.Single(next.Labels));
        }
    }

    [Fact]
    public void Without_staying_and_with_full_weight_each_text_is_told_alone_and_a_cleared_filter_begins_anew()
    {
        double[] values = [0.2, 0.7, 0.1];
        LabelFilter independent = new(s_order with { Stay = 0 }), filter = new(s_order);
        independent.Next(Of([0.98, 0.01, 0.01]));
        Assert.Equal(values, independent.Next(Of(values)).Probabilities.Select(label => label.Probability), (x, y) => Math.Abs(x - y) < 1e-12);
        Classification first = filter.Next(Of(values)), second = filter.Next(Of(values));
        Assert.True(second.Probabilities[1].Probability > first.Probabilities[1].Probability);
        filter.Clear();
        Assert.Equal(first.Probabilities.Select(label => label.Probability), filter.Next(Of(values)).Probabilities.Select(label => label.Probability), (x, y) => Math.Abs(x - y) < 1e-3);
    }

    [Fact]
    public void A_text_that_excludes_all_labels_but_one_does_not_decide_those_after_it()
    {
        LabelFilter filter = new(s_order with { Stay = 0.999 });
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal("a", filter.Next(Of([1, 0, 0])).Labels[0]);
        }

        Assert.All(filter.Next(Of([0, 0, 1])).Probabilities, label => Assert.InRange(label.Probability, 0, 1));
        Assert.Equal("c", filter.Next(Of([0, 0, 1])).Labels[0]);
    }

    /// <summary>Labels that stay for about 20 texts, each of which says little.</summary>
    [Fact]
    public void Values_that_are_found_tell_texts_of_a_sequence_better_and_those_of_shuffled_texts_no_worse()
    {
        (Classification[] alone, string[] labels) = Sequence(seed: 1, texts: 3000, stay: 0.95);
        LabelOrder order = LabelOrder.Fit(alone, labels);
        Assert.InRange(order.Stay, 0.85, 0.99);
        Assert.InRange(order.Weight, 0.7, 1);
        (Classification[] others, string[] right) = Sequence(seed: 2, texts: 3000, stay: 0.95);
        (double inOrder, double lossInOrder) = Measure(others, right, order);
        (double each, double lossOfEach) = Measure(others, right, order with { Stay = 0, Weight = 1 });
        Assert.True(inOrder > each + 0.1, $"{inOrder} in order, {each} alone");
        Assert.True(lossInOrder < lossOfEach - 0.1);

        (Classification[] shuffled, string[] ofShuffled) = Sequence(seed: 3, texts: 3000, stay: 0);
        LabelOrder independent = LabelOrder.Fit(shuffled, ofShuffled);
        Assert.InRange(independent.Stay, 0, 0.3);
        Assert.True(Measure(shuffled, ofShuffled, independent).Loss <= Measure(shuffled, ofShuffled, independent with { Stay = 0, Weight = 1 }).Loss + 1e-9);
    }

    [Fact]
    public void What_is_not_one_label_of_the_model_is_refused()
    {
        Classification number = new() { Labels = [], Probabilities = [], Number = 2, Tokens = 1 }, several = Of([0.9, 0.8, 0.1]), good = Of([0.5, 0.3, 0.2]);
        LabelFilter filter = new(s_order);
        Assert.Contains("one of 3 labels", Assert.Throws<InputException>(() => filter.Next(number)).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => filter.Next(several));
        Assert.Throws<InputException>(() => filter.Next(good with { Probabilities = [.. good.Probabilities.Take(2)] }));
        Assert.Throws<InputException>(() => LabelOrder.Fit([several], ["a"]));
        Assert.Contains("'d'", Assert.Throws<InputException>(() => LabelOrder.Fit([good], ["d"])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => LabelOrder.Fit([], []));
        Assert.Throws<ArgumentException>(() => LabelOrder.Fit([good], ["a", "b"]));
        Assert.Throws<ArgumentException>(() => LabelOrder.Fit([good], ["a"], [0.5, 0.5]));
        Assert.Throws<InputException>(() => LabelOrder.Fit([good], ["a"], [0.5, 0.5, 0]));
        Assert.Throws<OperationCanceledException>(() => LabelOrder.Fit([good], ["a"], null, new CancellationToken(canceled: true)));
    }

    [Theory]
    [InlineData(1, 1, 0.5, "stay is 1")]
    [InlineData(double.NaN, 1, 0.5, "stay is NaN")]
    [InlineData(0.5, 0, 0.5, "weight is 0")]
    [InlineData(0.5, 1.5, 0.5, "weight is 1.5")]
    [InlineData(0.5, 1, 0.6, "shares must be")]
    public void Values_outside_their_range_are_refused(double stay, double weight, double share, string message)
    {
        LabelOrder order = new() { Stay = stay, Weight = weight, Shares = [share, 0.5] };
        Assert.Contains(message, Assert.Throws<InputException>(order.Validate).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => new LabelFilter(order));
    }

    [Fact]
    public void A_share_so_small_that_quotients_would_not_be_finite_is_refused()
    {
        Assert.Contains("shares must be at least 1E-12", Assert.Throws<InputException>(() => new LabelFilter(new LabelOrder { Stay = 0.5, Weight = 1, Shares = [1, double.Epsilon] })).Message, StringComparison.Ordinal);
    }

    /// <summary>Labels drawn by the model of the filter, and what a text says of its label with some noise, as the exact probability given the text.</summary>
    private static (Classification[] Alone, string[] Labels) Sequence(int seed, int texts, double stay)
    {
        Random random = new(seed);
        (Classification[] alone, string[] labels) = (new Classification[texts], new string[texts]);
        int label = 0;
        for (int text = 0; text < texts; text++)
        {
            label = random.NextDouble() < stay ? label : Draw(random, [1.0 / 3, 1.0 / 3, 1.0 / 3]);
            int seen = Draw(random, [.. s_labels.Select((_, i) => i == label ? 0.5 : 0.25)]);
            (alone[text], labels[text]) = (Of([.. s_labels.Select((_, i) => i == seen ? 0.5 : 0.25)]), s_labels[label]);
        }

        return (alone, labels);
    }

    private static (double Accuracy, double Loss) Measure(Classification[] alone, string[] labels, LabelOrder order)
    {
        LabelFilter filter = new(order);
        Classification[] inOrder = [.. alone.Select(filter.Next)];
        return (inOrder.Zip(labels).Count(pair => pair.First.Labels[0] == pair.Second) / (double)labels.Length,
            inOrder.Zip(labels).Average(pair => -Math.Log(pair.First.Probabilities.Single(label => label.Label == pair.Second).Probability)));
    }

    private static int Draw(Random random, double[] probabilities)
    {
        double left = random.NextDouble();
        for (int i = 0; i < probabilities.Length - 1; i++)
        {
            left -= probabilities[i];
            if (left < 0)
            {
                return i;
            }
        }

        return probabilities.Length - 1;
    }

    private static double[] Random(Random random, int count)
    {
        double[] values = [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() + 0.01)];
        return [.. values.Select(value => value / values.Sum())];
    }

    private static Classification Of(double[] probabilities) => new()
    {
        Labels = [s_labels[Array.IndexOf(probabilities, probabilities.Max())]],
        Probabilities = [.. probabilities.Select((probability, i) => new LabelProbability(s_labels[i], probability))],
        Tokens = 1,
    };
}
