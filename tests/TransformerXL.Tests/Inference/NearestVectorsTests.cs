using TransformerXL.Inference;
using Xunit;

namespace TransformerXL.Tests.Inference;

public sealed class NearestVectorsTests
{
    [Theory]
    [InlineData(1e30f)]
    [InlineData(1e-30f)]
    [InlineData(3e38f)]
    public void Vectors_whose_squares_no_float_holds_have_a_cosine(float size)
    {
        Assert.Equal(1, NearestVectors.Cosine([size, size], [size, size]), 1e-12);
        Assert.Equal(Math.Sqrt(0.5), NearestVectors.Cosine([size, 0], [1, 1]), 1e-12);
    }

    [Fact]
    public void The_nearest_directions_are_kept_in_order_and_of_equal_ones_the_first()
    {
        NearestVectors nearest = new([1, 0], 3);
        Assert.Equal([true, true, true, true, false, true], new float[][] { [0, 1], [2, 2], [-1, 0], [5, 0], [0, 1], [9, 0] }.Select((vector, i) => nearest.Offer(i, vector)));
        Assert.Equal([3L, 5, 1], nearest.Result().Select(match => match.Index));
        Assert.Equal(1, nearest.Result()[0].Cosine, 1e-6);
        Assert.Equal(Math.Sqrt(0.5), nearest.Result()[2].Cosine, 1e-6);
        Assert.Throws<ArgumentException>(() => nearest.Offer(9, [1]));
    }

    [Fact]
    public void The_cosine_of_a_zero_vector_is_0() => Assert.Equal(0, NearestVectors.Cosine([0, 0], [1, 2]));
}
