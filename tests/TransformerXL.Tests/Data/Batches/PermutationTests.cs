using TransformerXL.Training.Batches;
using Xunit;

namespace TransformerXL.Tests.Data.Batches;

public sealed class PermutationTests
{
    [Fact]
    public void Every_place_holds_another_one()
    {
        for (int count = 1; count < 300; count++)
        {
            Permutation order = new(count, 5, (uint)count);
            Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), Places(order, count).Order());
        }
    }

    [Fact]
    public void A_count_beyond_32_bits_stays_in_range()
    {
        long count = (1L << 33) + 7;
        Permutation order = new(count, 5, 1);
        HashSet<long> seen = [];
        for (long i = count - 2000; i < count; i++)
        {
            Assert.InRange(order.At(i), 0, count - 1);
            Assert.True(seen.Add(order.At(i)));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(12)]
    public void Everything_is_as_often_at_every_place(int count)
    {
        const int Orders = 6000;
        int[,] seen = new int[count, count];
        for (uint number = 0; number < Orders; number++)
        {
            Permutation order = new(count, 11, number);
            for (int place = 0; place < count; place++)
            {
                seen[place, order.At(place)]++;
            }
        }

        // Five standard deviations of a binomial count.
        double expected = (double)Orders / count, most = 5 * Math.Sqrt(expected * (1 - (1.0 / count)));
        Assert.All(seen.Cast<int>(), n => Assert.InRange(n, expected - most, expected + most));
    }

    [Fact]
    public void Seeds_and_numbers_give_other_orders()
    {
        List<long> order = Places(new Permutation(50, 1, 1), 50);
        Assert.NotEqual(order, Places(new Permutation(50, 1, 2), 50));
        Assert.NotEqual(order, Places(new Permutation(50, 2, 1), 50));
        Assert.Equal(order, Places(new Permutation(50, 1, 1), 50));
    }

    private static List<long> Places(Permutation order, int count) => [.. Enumerable.Range(0, count).Select(i => order.At(i))];
}
