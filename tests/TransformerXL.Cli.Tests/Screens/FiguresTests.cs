using TransformerXL.Cli.Screens;

namespace TransformerXL.Cli.Tests.Screens;

public class FiguresTests
{
    [Theory]
    [InlineData(0, "0:00")]
    [InlineData(-5, "0:00")]
    [InlineData(59.9, "0:59")]
    [InlineData(125, "2:05")]
    [InlineData(3725, "1:02:05")]
    [InlineData(360_000, "4 d 4 h")]
    public void Times_are_as_long_as_they_need_to_be(double seconds, string text) => Assert.Equal(text, Figures.Time(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0.00025, "2.50e-4")]
    [InlineData(0.25, "0.25")]
    [InlineData(0, "0")]
    public void Small_numbers_keep_three_digits(double value, string text) => Assert.Equal(text, Figures.Small(value));

    [Theory]
    [InlineData(12345.6, "12,346")]
    [InlineData(98.76, "98.8")]
    [InlineData(0.1234, "0.123")]
    public void Rates_keep_three_digits(double value, string text) => Assert.Equal(text, Figures.Rate(value));

    [Theory]
    [InlineData(512, "512 bytes")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(3_670_016, "3.5 MiB")]
    public void Bytes_take_the_largest_unit_that_fits(long bytes, string text) => Assert.Equal(text, Figures.Bytes(bytes));
}
