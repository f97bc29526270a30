using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Testing.Cases;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>What kernels are told of a tile of queries, without any arithmetic.</summary>
public sealed class VisibilityTests
{
    [Fact]
    public void The_blocks_of_tiles_hold_every_visible_key_of_every_query_exactly_once()
    {
        System.Random random = new(12);
        for (int repeat = 0; repeat < 3000; repeat++)
        {
            int queries = 1 + random.Next(60), keys = queries + random.Next(40), tile = 1 + random.Next(30);
            int[] globals = [.. Enumerable.Range(0, random.Next(5)).Select(_ => random.Next(keys))];
            (Visibility visibility, Func<int, int, int, bool> sees) = Any(random, queries, keys, globals);
            for (int first = 0; first < queries;)
            {
                int end = visibility.TileEnd(queries, keys, first, tile);
                Assert.InRange(end, first + 1, Math.Min(queries, first + tile));
                KeyBlock[] blocks = new KeyBlock[visibility.MaxBlocks];
                int count = visibility.BlocksOf(queries, keys, first, end, blocks);
                for (int query = first; query < end; query++)
                {
                    IEnumerable<int> expected = Enumerable.Range(0, keys).Where(key => sees(0, query, key));
                    Assert.Equal(expected, KeysOf(visibility, queries, keys, blocks.AsSpan(0, count), query).Order());
                }

                first = end;
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_computed_grows_with_the_window_and_not_with_the_text(bool blocks)
    {
        Visibility Sparse(int length) => blocks
            ? Visibility.Blocks(64, [.. Enumerable.Range(0, length / 64).Select(n => new KeyRange(Math.Max(0, n - 2) * 64, Math.Min(length, (n + 3) * 64)))], 0, 1)
            : Visibility.Window(128, 128, 0, 1);
        long once = ComputedScores(Sparse(4096), 4096), twice = ComputedScores(Sparse(8192), 8192);
        Assert.InRange(twice, once, once * 2.1);
        Assert.InRange(once, 1, 4096L * 500);
        Assert.True(ComputedScores(Visibility.Bidirectional, 4096) == 4096L * 4096);
    }

    [Fact]
    public void Keys_between_ranges_that_lie_apart_are_in_no_block()
    {
        Visibility visibility = Visibility.Blocks(10, [new(0, 10), new(990, 1000)]);
        Assert.Equal(10, visibility.TileEnd(20, 1000, 0, 48));
        Assert.Equal(20, visibility.TileEnd(20, 1000, 10, 48));
    }

    [Fact]
    public void A_query_that_sees_everything_is_a_tile_of_its_own()
    {
        Visibility visibility = Visibility.Window(4, 4, 0, 30, 31);
        Assert.Equal([1, 30, 32, 80, 100], TileEnds(visibility, 100, 100, 48));
    }

    [Fact]
    public void Relative_rows_reach_the_distances_that_can_be_seen()
    {
        Assert.Equal(7, Visibility.Causal().RelativeRows(3, 7));
        Assert.Equal(7, Visibility.Causal(2).RelativeRows(3, 7));
        Assert.Equal(9, Visibility.Bidirectional.RelativeRows(3, 7));
        Assert.Equal(9, Visibility.Window(2, 0, 5).RelativeRows(3, 7));
        Assert.Equal(0, Visibility.Cross.RelativeRows(3, 7));
    }

    [Fact]
    public void The_default_is_causal() => Assert.Equal([0, 1, 2, 3, 4], KeysOf(default, 3, 7, [new KeyBlock(0, 5, KeySide.Own)], 0));

    [Fact]
    public void Patterns_that_make_no_sense_are_named()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Visibility.Causal(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Visibility.Window(-1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Visibility.Window(0, 0, -2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Visibility.Blocks(0, []));
        Assert.Contains("from 5 to below 4", Assert.Throws<ArgumentException>(() => Visibility.Blocks(1, [new(5, 4)])).Message, StringComparison.Ordinal);
        Assert.Contains("give the lengths of queries and of keys", Assert.Throws<InvalidOperationException>(() => Visibility.Cross.WithLengths(new int[1])).Message, StringComparison.Ordinal);
        Assert.Contains("give the lengths of the queries alone", Assert.Throws<InvalidOperationException>(() => Visibility.Causal().WithLengths(new int[1], new int[1])).Message, StringComparison.Ordinal);
    }

    private static (Visibility Visibility, Func<int, int, int, bool> Sees) Any(System.Random random, int queries, int keys, int[] globals)
    {
        int before = random.Next(20), after = random.Next(20), size = 1 + random.Next(20);
        KeyRange[] ranges = [.. Enumerable.Range(0, (queries / size) + 1).Select(_ => random.Next(keys + 1)).Select(first => new KeyRange(first, first + random.Next(keys + 1 - first)))];
        return random.Next(5) switch
        {
            0 => (Visibility.Causal(before), AttentionOracle.Band(queries, keys, before, 0)),
            1 => (Visibility.Window(before, after, globals), VisibilityCases.WithGlobals(AttentionOracle.Band(queries, keys, before, after), queries, keys, globals)),
            2 => (Visibility.Bidirectional, (_, _, _) => true),
            3 => (Visibility.Cross, (_, _, _) => true),
            _ => (Visibility.Blocks(size, ranges, globals), VisibilityCases.WithGlobals((_, i, j) => j >= ranges[i / size].First && j < ranges[i / size].End, queries, keys, globals)),
        };
    }

    private static List<int> KeysOf(in Visibility visibility, int queries, int keys, ReadOnlySpan<KeyBlock> blocks, int query)
    {
        List<int> seen = [];
        foreach (KeyBlock block in blocks)
        {
            KeyRange range = visibility.Seen(queries, keys, block, query);
            Assert.InRange(range.Count, 0, block.End - block.First);
            Assert.True(range.Count == 0 || (range.First >= block.First && range.End <= block.End));
            seen.AddRange(Enumerable.Range(range.First, range.Count));
        }

        return seen;
    }

    private static List<int> TileEnds(in Visibility visibility, int queries, int keys, int tile)
    {
        List<int> ends = [];
        for (int first = 0; first < queries; first = ends[^1])
        {
            ends.Add(visibility.TileEnd(queries, keys, first, tile));
        }

        return ends;
    }

    private static long ComputedScores(in Visibility visibility, int length)
    {
        long scores = 0;
        int first = 0;
        foreach (int end in TileEnds(visibility, length, length, 48))
        {
            KeyBlock[] blocks = new KeyBlock[visibility.MaxBlocks];
            int count = visibility.BlocksOf(length, length, first, end, blocks);
            scores += blocks.Take(count).Sum(block => (long)(end - first) * (block.End - block.First));
            first = end;
        }

        return scores;
    }
}
