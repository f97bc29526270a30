using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class SegmentBatchesTests
{
    [Fact]
    public void Every_id_but_the_first_of_a_stream_is_a_target_exactly_once()
    {
        var random = new Random(5);
        for (int round = 0; round < 100; round++)
        {
            int batchSize = random.Next(1, 6);
            var batches = new SegmentBatches(Numbers(random.Next(2 * batchSize, 3000)), batchSize, random.Next(1, 700), random.Next(0, 5));
            var seen = new List<int>();
            int[] inputs = new int[batches.MaxShape.InputCount];
            int[] targets = new int[batches.MaxShape.TargetCount];
            for (int i = 0; i < batches.Count; i++)
            {
                SegmentShape shape = batches.Read(i, inputs, targets);
                Assert.Equal(shape, batches.GetShape(i));
                Assert.True(shape.InputRows <= batches.MaxShape.InputRows && shape.TargetRows <= batches.MaxShape.TargetRows);
                seen.AddRange(targets[..shape.TargetCount]);
                int shift = shape.InputCount - shape.TargetCount;
                Assert.All(Enumerable.Range(0, shape.TargetCount), k => Assert.Equal(inputs[shift + k] + 1, targets[k]));
            }
            var expected = Enumerable.Range(0, batchSize).SelectMany(b => Enumerable.Range((int)(b * batches.StreamLength) + 1, (int)batches.StreamLength - 1));
            Assert.Equal(expected, seen.Order());
            Assert.Equal(batches.TargetTokens, seen.Count);
        }
    }

    [Fact]
    public void Dropped_tokens_are_counted() => Assert.Equal(2, new SegmentBatches(Numbers(23), 3, 4).DroppedTokens);

    [Fact]
    public void Reading_allocates_nothing()
    {
        var batches = new SegmentBatches(Numbers(5000), 4, 600, 10);
        int[] inputs = new int[batches.MaxShape.InputCount];
        int[] targets = new int[batches.MaxShape.TargetCount];
        batches.Read(0, inputs, targets);
        long before = GC.GetAllocatedBytesForCurrentThread();
        batches.Read(1, inputs, targets);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_short_text_names_tokens_batch_length_and_minimum()
    {
        var error = Assert.Throws<InputException>(() => new SegmentBatches(TokenFile.FromIds(new int[100], 2, name: "train"), 4, 32, requireFullSegment: true));
        Assert.Contains("the training text has 100 tokens: too few for batch size 4 and target length 32, which need at least 132; use more text, a smaller batch or shorter targets", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, new SegmentBatches(TokenFile.FromIds(new int[132], 2), 4, 32, requireFullSegment: true).Count);
    }

    [Fact]
    public void Without_a_full_segment_two_ids_per_stream_are_enough()
    {
        Assert.Equal(new SegmentShape(1, 1, 4), new SegmentBatches(Numbers(8), 4, 32).GetShape(0));
        Assert.Throws<InputException>(() => new SegmentBatches(Numbers(7), 4, 32));
    }

    [Theory]
    [InlineData(0, 1, 0, "batch size 0")]
    [InlineData(1, 0, 0, "target length 0")]
    [InlineData(1, 1, -1, "extended length -1")]
    [InlineData(int.MaxValue, int.MaxValue, 0, "ids per segment")]
    public void A_number_out_of_range_is_named(int batchSize, int targetLength, int extendedLength, string message) =>
        Assert.Contains(message, Assert.Throws<InputException>(() => new SegmentBatches(Numbers(10), batchSize, targetLength, extendedLength)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_segment_that_does_not_exist_is_named()
    {
        var batches = new SegmentBatches(Numbers(10), 1, 5);
        Assert.Throws<ArgumentOutOfRangeException>(() => batches.GetShape(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => batches.Read(-1, new int[9], new int[9]));
    }

    [Fact]
    public void A_buffer_that_is_too_small_is_refused() =>
        Assert.Throws<ArgumentException>(() => new SegmentBatches(Numbers(10), 1, 5).Read(0, new int[5], new int[4]));

    private static TokenFile Numbers(int count) => TokenFile.FromIds([.. Enumerable.Range(0, count)], count);
}
