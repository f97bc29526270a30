using TransformerXL.Text;
using TransformerXL.Training.Batches;
using Xunit;

namespace TransformerXL.Tests.Data.Batches;

public sealed class ShuffledBatchesTests
{
    [Fact]
    public void Rows_read_runs_of_the_text_and_no_target_twice()
    {
        for (int round = 0; round < 60; round++)
        {
            Random random = new(round);
            int streams = random.Next(1, 5), length = random.Next(1, 60), extended = random.Next(0, 80), count = random.Next((length + 1) * streams, 9000);
            ShuffledBatches batches = new(Numbers(count), streams, length, extended, (ulong)round);
            List<BatchReading.Segment> segments = batches.ReadToEnd();
            int[] all = [.. Enumerable.Range(0, streams).SelectMany(b => segments.Targets(b))];
            Assert.Equal(all.Length, all.Distinct().Count());
            Assert.Equal(segments.Count * length * streams, all.Length);
            for (int b = 0; b < streams; b++)
            {
                int[] targets = [.. segments.Targets(b)], inputs = [.. segments.Inputs(b)];
                Assert.Equal(targets.Select(id => id - 1), inputs);
                Assert.All(targets.Chunk(length), run => Assert.Equal(Enumerable.Range(run[0], length), run));
                foreach ((int[] repeated, int[] run) in segments.Repeated(b).Zip(inputs.Chunk(length)))
                {
                    Assert.True(repeated.Length <= extended);
                    Assert.Equal(Enumerable.Range(run[0] - repeated.Length, repeated.Length), repeated);
                }
            }
        }
    }

    [Fact]
    public void An_epoch_leaves_out_less_than_a_piece_for_each_row_and_two_more()
    {
        const int Count = 100_000, Streams = 4, Length = 10, Piece = 32 * Length;
        ShuffledBatches batches = new(Numbers(Count), Streams, Length, 0, 1);
        for (int epoch = 1; epoch <= 5; epoch++)
        {
            batches.Seek(epoch, 0);
            Assert.InRange(batches.ReadToEnd().Count * Length * Streams, Count - ((Streams + 1) * Piece), Count);
        }
    }

    [Fact]
    public void A_row_goes_on_for_32_segments_and_then_jumps()
    {
        const int Length = 10;
        int[] first = [.. new ShuffledBatches(Numbers(100_000), 4, Length, 0, 1).ReadToEnd().Targets(0).Chunk(Length).Select(run => run[0])];
        int[] jumps = [.. Enumerable.Range(1, first.Length - 1).Where(segment => first[segment] != first[segment - 1] + Length)];
        Assert.All(jumps, segment => Assert.Equal(0, segment % 32));
        // Two pieces may be neighbours by chance.
        Assert.InRange(jumps.Length, (first.Length / 32) - 4, (first.Length / 32) - 1);
    }

    [Fact]
    public void Epochs_and_seeds_have_other_orders_and_other_places()
    {
        ShuffledBatches batches = new(Numbers(50_000), 2, 25, 0, 1), other = new(Numbers(50_000), 2, 25, 0, 2);
        int[] first = Targets(batches), foreign = Targets(other);
        batches.Seek(2, 0);
        int[] second = Targets(batches);
        Assert.NotEqual(first, second);
        Assert.NotEqual(first, foreign);
        Assert.NotEqual(first.Min() % 25, second.Min() % 25);
        batches.Seek(1, 0);
        Assert.Equal(first, Targets(batches));
    }

    [Fact]
    public void Each_batch_is_a_mixture_of_the_whole_text()
    {
        // In order, the rows of the first tenth of an epoch read the first tenth of 8 streams; shuffled, they read everywhere.
        ShuffledBatches batches = new(Numbers(400_000), 8, 20, 0, 3);
        List<BatchReading.Segment> segments = batches.ReadToEnd();
        int[] start = [.. segments.Take(segments.Count / 10).SelectMany(s => s.Targets)];
        int[] tenths = [.. start.CountBy(id => id / 5_000 % 10).Select(pair => pair.Value)];
        Assert.Equal(10, tenths.Length);
        Assert.True(tenths.Max() < 3 * start.Length / 10, $"{tenths.Max()} of {start.Length} targets are in one tenth of the streams");
    }

    [Fact]
    public void A_short_text_is_refused() =>
        Assert.Contains("need at least 132", Assert.Throws<InputException>(() => new ShuffledBatches(Numbers(131), 4, 32, 0, 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_shortest_text_gives_one_segment() => Assert.Single(new ShuffledBatches(Numbers(132), 4, 32, 9, 1).ReadToEnd());

    private static int[] Targets(ShuffledBatches batches) => [.. batches.ReadToEnd().SelectMany(s => s.Targets)];

    private static TokenFile Numbers(int count) => TokenFile.FromIds([.. Enumerable.Range(0, count)], count);
}
