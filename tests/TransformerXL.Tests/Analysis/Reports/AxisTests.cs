using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using TransformerXL.Analysis.Reports;
using Xunit;

namespace TransformerXL.Tests.Analysis.Reports;

public sealed class AxisTests
{
    private const int Maximum = 6;

    private static readonly Gen<double> Values =
        from mantissa in Gen.Choose(-1_000_000, 1_000_000)
        from exponent in Gen.Choose(-60, 60)
        select mantissa * Math.Pow(10, exponent);

    private static readonly Arbitrary<(double Minimum, double Maximum)> Ranges = Arb.From(
        from a in Values
        from b in Values
        where Math.Abs(a - b) > 1e-6 * Math.Max(Math.Abs(a), Math.Abs(b))
        select (Math.Min(a, b), Math.Max(a, b)));

    [Fact]
    public void Marks_lie_in_the_range_at_equal_distances_of_one_two_or_five_and_are_neither_many_nor_few() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Ranges, range =>
        {
            double[] ticks = AxisTicks.Linear(range.Minimum, range.Maximum, Maximum);
            (int mantissa, int exponent) = AxisTicks.Step(range.Minimum, range.Maximum, Maximum);
            double step = mantissa * Math.Pow(10, exponent), slack = 1e-6 * step;
            Assert.InRange(ticks.Length, 2, Maximum);
            Assert.All(ticks, tick => Assert.InRange(tick, range.Minimum - slack, range.Maximum + slack));
            Assert.All(ticks.Zip(ticks.Skip(1)), pair => Assert.Equal(1, (pair.Second - pair.First) / step, 1e-6));
            Assert.Contains(mantissa, new[] { 1, 2, 5 });
            Assert.All(ticks, tick => Assert.Equal(Math.Round(tick / step), tick / step, 1e-6));
        }));

    [Fact]
    public void A_widened_range_encloses_the_values_by_less_than_a_step() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Ranges, range =>
        {
            (double least, double greatest) = AxisTicks.Widen(range.Minimum, range.Maximum, Maximum);
            (int mantissa, int exponent) = AxisTicks.Step(range.Minimum, range.Maximum, Maximum);
            double step = mantissa * Math.Pow(10, exponent);
            Assert.InRange(range.Minimum - least, -1e-6 * step, step);
            Assert.InRange(greatest - range.Maximum, -1e-6 * step, step);
        }));

    [Fact]
    public void Texts_of_marks_differ_and_tell_the_value() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Ranges, range =>
        {
            double[] ticks = AxisTicks.Linear(range.Minimum, range.Maximum, Maximum);
            string[] labels = AxisLabels.For(ticks);
            Assert.Equal(labels.Length, labels.Distinct().Count());
            Assert.All(ticks.Zip(labels), pair => Assert.Equal(1, pair.First == 0 ? 1 + Parse(pair.Second) : Parse(pair.Second) / pair.First, 1e-6));
        }));

    [Fact]
    public void A_logarithmic_axis_has_marks_within_its_range_for_any_positive_values() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Ranges, range =>
        {
            (double least, double greatest) = (Math.Abs(range.Minimum) + 1e-60, Math.Abs(range.Minimum) + 1e-60 + (range.Maximum - range.Minimum));
            double[] ticks = AxisTicks.Logarithmic(least, greatest, Maximum);
            Assert.InRange(ticks.Length, 1, Maximum + 2);
            Assert.All(ticks, tick => Assert.InRange(tick, least * (1 - 1e-6), greatest * (1 + 1e-6)));
            Assert.Equal(ticks.Order(), ticks);
        }));

    [Theory]
    [InlineData(new[] { 0.0, 20_000, 40_000 }, new[] { "0", "20k", "40k" })]
    [InlineData(new[] { 0, 2.5e-4, 5e-4 }, new[] { "0", "2.5e-4", "5.0e-4" })]
    [InlineData(new[] { 1.2, 1.4, 1.6 }, new[] { "1.2", "1.4", "1.6" })]
    [InlineData(new[] { 0, 500_000.0, 1_000_000 }, new[] { "0", "0.5M", "1.0M" })]
    public void Texts_of_marks_have_one_form(double[] ticks, string[] labels) => Assert.Equal(labels, AxisLabels.For(ticks));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    [InlineData(5e-324, 5e-324)]
    [InlineData(-1e150, 1e150)]
    [InlineData(double.NaN, double.PositiveInfinity)]
    public void Any_two_values_have_a_range_with_finite_places(double a, double b)
    {
        foreach (AxisScale scale in Enum.GetValues<AxisScale>())
        {
            AxisRange range = AxisRange.Of(new ChartAxis("x", scale), [a, b], Maximum, widen: true);
            Assert.NotEmpty(range.Ticks);
            Assert.All(range.Ticks, tick => Assert.InRange(tick.Place, -1e-6, 1 + 1e-6));
        }
    }

    private static double Parse(string label)
    {
        string digits = label.TrimEnd('k', 'M', 'G', 'T');
        double unit = label[digits.Length..] switch { "k" => 1e3, "M" => 1e6, "G" => 1e9, "T" => 1e12, _ => 1 };
        return double.Parse(digits, CultureInfo.InvariantCulture) * unit;
    }
}
