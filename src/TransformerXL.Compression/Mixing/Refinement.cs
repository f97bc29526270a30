namespace TransformerXL.Compression.Mixing;

/// <summary>
/// Corrects a probability by what followed similar ones in a context: 33 points of the logit with linear interpolation, the nearer of two
/// points learns (secondary symbol estimation).
/// </summary>
internal sealed class Refinement
{
    private const int Points = 33;
    private const float Rate = 0.02f;

    private readonly float[] _table;
    private int _place;

    public Refinement(int contexts)
    {
        _table = new float[contexts * Points];
        for (int i = 0; i < _table.Length; i++)
        {
            _table[i] = Logistic.Squash(((i % Points) - 16) * 0.5f);
        }
    }

    /// <summary>The corrected probability.</summary>
    public float Refine(float logit, int context)
    {
        float place = Math.Clamp((logit * 2) + 16, 0, 31.999f);
        int index = (int)place;
        float share = place - index;
        int first = (context * Points) + index;
        _place = share > 0.5f ? first + 1 : first;
        return (_table[first] * (1 - share)) + (_table[first + 1] * share);
    }

    /// <summary>Learns the bit that followed.</summary>
    public void Update(int bit) => _table[_place] += (bit - _table[_place]) * Rate;
}
