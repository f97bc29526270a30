using FsCheck;
using FsCheck.Fluent;
using TransformerXL.Analysis.Reports;
using Xunit;

namespace TransformerXL.Tests.Analysis.Reports;

public sealed class CurveBuilderTests
{
    [Fact]
    public void Points_are_means_with_least_and_greatest_of_values_that_follow_each_other_and_none_is_lost() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Arb.From(Gen.Choose(1, 500)), Arb.From(Gen.Choose(2, 20)), (count, most) =>
        {
            Random random = new(count);
            double[] values = [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
            CurveBuilder curve = new(most);
            for (int i = 0; i < count; i++)
            {
                curve.Add(i, values[i]);
            }

            double[][] chunks = [.. values.Chunk(curve.ValuesPerPoint)];
            Assert.InRange(curve.Points.Count, 1, most);
            Assert.Equal(chunks.Length, curve.Points.Count);
            Assert.All(chunks.Zip(curve.Points), pair =>
            {
                Assert.Equal(pair.First.Average(), pair.Second.Y, 1e-12);
                Assert.Equal(pair.First.Min(), pair.Second.Low);
                Assert.Equal(pair.First.Max(), pair.Second.High);
            });
        }));

    [Fact]
    public void Values_that_are_not_finite_are_passed_over()
    {
        CurveBuilder curve = new();
        curve.Add(1, double.NaN);
        curve.Add(double.PositiveInfinity, 1);
        curve.Add(2, 5);
        Assert.Equal([new SeriesPoint(2, 5)], curve.Points);
    }
}
