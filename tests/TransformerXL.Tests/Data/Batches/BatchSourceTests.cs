using TransformerXL.Text;
using TransformerXL.Training.Batches;
using Xunit;

namespace TransformerXL.Tests.Data.Batches;

public sealed class BatchSourceTests
{
    public static TheoryData<SegmentOrder> Orders => [.. Enum.GetValues<SegmentOrder>()];

    [Theory]
    [MemberData(nameof(Orders))]
    public void From_every_place_an_epoch_goes_on_as_when_read_through(SegmentOrder order)
    {
        for (int round = 0; round < 10; round++)
        {
            BatchSource source = Random(order, round), other = Random(order, round);
            int epoch = 1 + (round % 3);
            source.Seek(epoch, 0);
            List<BatchReading.Segment> whole = source.ReadToEnd();
            Assert.Equal((epoch, whole.Count), (source.Epoch, source.Segment));
            for (int place = whole.Count; place >= 0; place--)
            {
                other.Seek(epoch, place);
                Assert.Equal((epoch, place), (other.Epoch, other.Segment));
                List<BatchReading.Segment> rest = other.ReadToEnd();
                Assert.Equal(whole.Skip(place).Select(s => s.Shape), rest.Select(s => s.Shape));
                Assert.Equal(whole.Skip(place).Select(s => s.Inputs), rest.Select(s => s.Inputs));
                Assert.Equal(whole.Skip(place).Select(s => s.Targets), rest.Select(s => s.Targets));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_place_behind_the_end_is_named(SegmentOrder order)
    {
        BatchSource source = Random(order, 4);
        int count = source.ReadToEnd().Count;
        InputException error = Assert.Throws<InputException>(() => source.Seek(1, count + 1));
        Assert.Equal($"'tokens' has only {count} segments in epoch 1, so there is no segment {count + 1}", error.Message);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void No_segment_is_larger_than_was_said_and_the_end_stays_the_end(SegmentOrder order)
    {
        BatchSource source = Random(order, 5);
        Assert.All(source.ReadToEnd(), s => Assert.True(s.Shape.InputRows <= source.MaxShape.InputRows && s.Shape.TargetRows <= source.MaxShape.TargetRows));
        Assert.Empty(source.ReadToEnd());
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Reading_allocates_nothing(SegmentOrder order)
    {
        TokenFile tokens = Text(new Random(1), 20000);
        BatchSource source = Create(order, tokens, 4, 300, 10, 1);
        int[] inputs = new int[source.MaxShape.InputCount], targets = new int[source.MaxShape.TargetCount];
        source.TryRead(inputs, targets, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            source.TryRead(inputs, targets, out _);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(11, source.Segment);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_buffer_that_is_too_small_is_refused(SegmentOrder order)
    {
        BatchSource source = Random(order, 6);
        Assert.Throws<ArgumentException>(() => source.TryRead(new int[source.MaxShape.InputCount], new int[source.MaxShape.TargetCount - 1], out _));
    }

    private static BatchSource Random(SegmentOrder order, int seed)
    {
        Random random = new(seed);
        int streams = random.Next(1, 5);
        return Create(order, Text(random, random.Next(400, 1500)), streams, random.Next(1, 40), random.Next(0, 100), (ulong)seed);
    }

    private static BatchSource Create(SegmentOrder order, TokenFile tokens, int streams, int length, int extended, ulong seed) => order switch
    {
        SegmentOrder.Variable => new VariableBatches(tokens, streams, length, extended, new VariableLengths(), seed),
        SegmentOrder.Shuffled => new ShuffledBatches(tokens, streams, length, extended, seed),
        SegmentOrder.Sentences => new SentenceBatches(tokens, 0, streams, length, extended, seed),
        _ => new OrderedBatches(tokens, streams, length, extended),
    };

    private static TokenFile Text(Random random, int count) => TokenFile.FromIds([.. Enumerable.Range(0, count).Select(_ => random.Next(20))], 20);
}
