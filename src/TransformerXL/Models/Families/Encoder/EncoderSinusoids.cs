using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors;

namespace TransformerXL.Models;

/// <summary>
/// Sinusoids of places and of distances of both signs: R_p = [sin(p f), cos(p f)] with f_i = 10000^(-2 i / d) (Vaswani et al. 2017, section 3.5; Dai
/// et al. 2019, section 3.3). The last table is kept. Several threads may ask at once.
/// </summary>
internal sealed class EncoderSinusoids(int size)
{
    private readonly float[] _frequencies = Sinusoids.Frequencies(size);
    private volatile Table? _table;

    /// <summary>The places 0 to <paramref name="count"/> - 1: (count, d).</summary>
    public Tensor Places(int count) => Rows(0, 1, count, 0);

    /// <summary>The distances <paramref name="highest"/> down to <paramref name="lowest"/>, limited to <paramref name="clamp"/> in both directions if that is above 0: (distances, d).</summary>
    public Tensor Distances(int highest, int lowest, int clamp) => Rows(highest, -1, highest - lowest + 1, clamp);

    private Tensor Rows(int first, int step, int count, int clamp)
    {
        Table? table = _table;
        if (table is null || table.First != first || table.Step != step || table.Rows.Shape[0] != count || table.Clamp != clamp)
        {
            _table = table = new Table(Build(first, step, count, clamp), first, step, clamp);
        }

        return table.Rows;
    }

    private Tensor Build(int first, int step, int count, int clamp)
    {
        Tensor rows = Tensor.Allocate(new Shape(count, size));
        Span<float> values = rows.Span;
        int half = _frequencies.Length;
        for (int row = 0; row < count; row++)
        {
            float place = first + (row * step);
            place = clamp > 0 ? Math.Clamp(place, -clamp, clamp) : place;
            for (int i = 0; i < half; i++)
            {
                float angle = Math.Abs(place) * _frequencies[i];
                values[(row * size) + i] = Math.Sign(place) * (float)PortableMath.Sin(angle);
                values[(row * size) + half + i] = (float)PortableMath.Cos(angle);
            }
        }

        return rows;
    }

    private sealed record Table(Tensor Rows, int First, int Step, int Clamp);
}
