using Xunit;

namespace TransformerXL.Tensors.Tests;

public sealed class PortableMathTests
{
    public static TheoryData<string> Functions => ["exp", "log", "sin", "cos"];

    [Theory]
    [MemberData(nameof(Functions))]
    public void A_function_is_within_a_unit_and_a_half_of_the_system_library(string name)
    {
        (Func<double, double> ours, Func<double, double> system, double from, double to) = name switch
        {
            "exp" => ((Func<double, double>)PortableMath.Exp, (Func<double, double>)Math.Exp, -708.0, 709.0),
            "log" => (PortableMath.Log, Math.Log, 1e-300, 40),
            "sin" => (PortableMath.Sin, Math.Sin, -3e6, 3e6),
            _ => (PortableMath.Cos, Math.Cos, -3e6, 3e6),
        };
        const int count = 1_000_000;
        for (int i = 0; i <= count; i++)
        {
            // Most angles in use are small, so half of the points lie near 0.
            double x = i % 2 == 0 ? from + ((to - from) * i / count) : (from + ((to - from) * i / count)) / 1e5, expected = system(x);
            Assert.True(Math.Abs(ours(x) - expected) <= 1.5 * (Math.BitIncrement(Math.Abs(expected)) - Math.Abs(expected)), $"{name}({x:r}) = {ours(x):r}, not {expected:r}");
        }
    }

    [Fact]
    public void The_exponential_and_the_logarithm_keep_the_limits_of_their_range()
    {
        Assert.Equal([0, 1, double.PositiveInfinity, double.PositiveInfinity, 0], new[] { double.NegativeInfinity, 0, 710, double.PositiveInfinity, -746 }.Select(PortableMath.Exp));
        Assert.Equal([double.NegativeInfinity, 0, double.PositiveInfinity, double.NaN, double.NaN], new[] { 0, 1, double.PositiveInfinity, -1, double.NaN }.Select(PortableMath.Log));
        Assert.Equal(Math.Log(double.Epsilon), PortableMath.Log(double.Epsilon), 1e-12);
        Assert.True(double.IsNaN(PortableMath.Exp(double.NaN)) && double.IsNaN(PortableMath.Sin(double.NaN)) && double.IsNaN(PortableMath.Cos(2e9)));
    }

    [Fact]
    public void A_power_equals_the_system_library_closely_over_all_normal_results()
    {
        foreach (double x in new[] { 0, 1e-300, 0.5, 0.9, 0.999, 1, 1.5, 10000, 1e300 })
        {
            foreach (double y in new[] { 0, 0.25, 1, 1.5, 100, 12345, -0.5, -3 })
            {
                double expected = Math.Pow(x, y);
                Assert.True(
                    expected == PortableMath.Pow(x, y) || Math.Abs(PortableMath.Pow(x, y) - expected) <= 2e-13 * expected || expected < 1e-300,
                    $"{x}^{y} = {PortableMath.Pow(x, y):r}, not {expected:r}");
            }
        }
    }

    /// <summary>No library has a say in the bits: they were recorded once and hold for every processor and system.</summary>
    [Fact]
    public void Values_have_the_recorded_bits()
    {
        ulong hash = 14695981039346656037;
        for (int i = -10_000; i <= 10_000; i++)
        {
            double x = i / 1024.0;
            foreach (double y in new[] { PortableMath.Exp(20 * x), PortableMath.Log(Math.Abs(x)), PortableMath.Sin(1000 * x), PortableMath.Cos(1000 * x) })
            {
                hash = (hash ^ BitConverter.DoubleToUInt64Bits(y)) * 1099511628211;
            }
        }

        Assert.Equal("b29866578c6cd0c", $"{hash:x}");
    }
}
