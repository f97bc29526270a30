using TransformerXL.Text;
using TransformerXL.Training.Batches;
using Xunit;

namespace TransformerXL.Tests.Data.Batches;

public sealed class VariableBatchesTests
{
    [Fact]
    public void Streams_are_read_to_their_last_row_but_perhaps_one()
    {
        for (int round = 0; round < 60; round++)
        {
            Random random = new(round);
            int streams = random.Next(1, 5), length = random.Next(1, 60), extended = random.Next(0, 80), count = random.Next((length + 1) * streams, 4000);
            VariableBatches batches = new(Numbers(count), streams, length, extended, new VariableLengths(), (ulong)round);
            List<BatchReading.Segment> segments = batches.ReadToEnd();
            int stream = count / streams;
            for (int b = 0; b < streams; b++)
            {
                int[] targets = [.. segments.Targets(b)];
                Assert.Equal(Enumerable.Range((b * stream) + 1, targets.Length), targets);
                Assert.InRange(targets.Length, stream - 2, stream - 1);
                Assert.Equal(targets.Select(id => id - 1), segments.Inputs(b));
                int start = b * stream;
                foreach ((int[] repeated, BatchReading.Segment segment) in segments.Repeated(b).Zip(segments))
                {
                    int rows = Math.Min(start - (b * stream), extended);
                    Assert.Equal(Enumerable.Range(start - rows, rows), repeated);
                    start += segment.Shape.TargetRows;
                }
            }
        }
    }

    [Fact]
    public void Lengths_are_those_of_the_reference_in_distribution()
    {
        VariableBatches batches = new(Numbers(2_000_000), 2, 100, 0, new VariableLengths(), 3);
        int[] lengths = [.. batches.ReadToEnd().SkipLast(1).Select(s => s.Shape.TargetRows)];
        Assert.All(lengths, length => Assert.True(length is >= 5 and <= 115));
        int[] whole = [.. lengths.Where(length => length > 75)];
        // Truncation takes half a token off the mean.
        Assert.InRange(whole.Average(), 99, 100);
        Assert.InRange(Math.Sqrt(whole.Average(length => Math.Pow(length - whole.Average(), 2))), 4.8, 5.2);
        Assert.InRange(1 - ((double)whole.Length / lengths.Length), 0.04, 0.06);
        Assert.InRange(lengths.Where(length => length <= 75).Average(), 49, 50.5);
    }

    [Fact]
    public void Without_deviation_segments_are_the_ordered_ones()
    {
        TokenFile tokens = Numbers(1003);
        VariableBatches variable = new(tokens, 3, 37, 50, new VariableLengths { Deviation = 0, HalfShare = 0 }, 1);
        OrderedBatches ordered = new(tokens, 3, 37, 50);
        Assert.Equal(ordered.MaxShape, variable.MaxShape);
        Assert.Equal(ordered.ReadToEnd().Select(s => s.Targets), variable.ReadToEnd().Select(s => s.Targets));
    }

    [Fact]
    public void Epochs_and_seeds_have_other_lengths()
    {
        VariableBatches batches = new(Numbers(5000), 2, 50, 0, new VariableLengths(), 1), other = new(Numbers(5000), 2, 50, 0, new VariableLengths(), 2);
        List<SegmentShape> first = Shapes(batches);
        batches.Seek(2, 0);
        Assert.NotEqual(first, Shapes(batches));
        Assert.NotEqual(first, Shapes(other));
        batches.Seek(1, 0);
        Assert.Equal(first, Shapes(batches));
    }

    [Fact]
    public void A_short_text_is_refused() =>
        Assert.Contains("need at least 132", Assert.Throws<InputException>(() => new VariableBatches(Numbers(131), 4, 32, 0, new VariableLengths(), 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void Lengths_out_of_range_are_named() =>
        Assert.Contains("minimum of segment lengths is 0", Assert.Throws<InputException>(new VariableLengths { Minimum = 0 }.Validate).Message, StringComparison.Ordinal);

    private static List<SegmentShape> Shapes(BatchSource batches) => [.. batches.ReadToEnd().Select(s => s.Shape)];

    private static TokenFile Numbers(int count) => TokenFile.FromIds([.. Enumerable.Range(0, count)], count);
}
