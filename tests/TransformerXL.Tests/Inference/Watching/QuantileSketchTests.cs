using TransformerXL.Inference.Watching;
using Xunit;

namespace TransformerXL.Tests.Inference.Watching;

public sealed class QuantileSketchTests
{
    [Theory]
    [InlineData(0.01)]
    [InlineData(0.5)]
    [InlineData(0.99)]
    [InlineData(0.9999)]
    public void A_quantile_is_at_most_two_percent_above_the_exact_one(double part)
    {
        Random random = new(1);
        double[] values = [.. Enumerable.Range(0, 50_000).Select(_ => Math.Exp(4 * (random.NextDouble() + random.NextDouble() - 1)))];
        QuantileSketch sketch = new();
        foreach (double value in values)
        {
            sketch.Add(value);
        }

        Array.Sort(values);
        double exact = values[(int)Math.Floor(part * (values.Length - 1))];
        Assert.InRange(sketch.Quantile(part), exact, 1.0203 * exact);
    }

    [Fact]
    public void A_value_that_returns_for_ever_does_not_exceed_its_own_quantile()
    {
        Random random = new(2);
        for (int trial = 0; trial < 10_000; trial++)
        {
            double value = Math.Exp(10 * (random.NextDouble() - 0.5));
            QuantileSketch sketch = new();
            sketch.Add(value);
            Assert.True(value <= sketch.Quantile(0.99));
        }
    }

    [Fact]
    public void Values_outside_its_range_count_as_its_bounds()
    {
        QuantileSketch sketch = new();
        sketch.Add(0);
        sketch.Add(1e300);
        Assert.Equal(1e-6, sketch.Quantile(0.2), 1e-7);
        Assert.Equal(1e6, sketch.Quantile(1), 2e4);
        Assert.Throws<InvalidOperationException>(() => new QuantileSketch().Quantile(0.5));
    }
}
