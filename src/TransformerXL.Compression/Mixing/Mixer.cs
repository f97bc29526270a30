using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace TransformerXL.Compression.Mixing;

/// <summary>
/// Mixes predictions in the logistic domain (Mahoney 2005): p = squash(sum_i w_i x_i) with weights from a set that a context selects, moved by
/// w_i += rate (bit - p) x_i. Sums have eight lanes whatever the processor, and one order.
/// </summary>
internal sealed class Mixer
{
    private const int Lanes = 8;

    private readonly float[] _weights;
    private readonly int _inputs;
    private readonly float _leastError;
    private int _set;

    /// <param name="inputs">Number of inputs, a multiple of 8.</param>
    /// <param name="sets">Number of weight sets.</param>
    /// <param name="initial">All weights at the start.</param>
    /// <param name="leastError">A bit whose probability was nearer to 1 than this is not learned, which takes no time.</param>
    public Mixer(int inputs, int sets, float initial, float leastError = 0)
    {
        (_inputs, _weights, _leastError) = (inputs, new float[inputs * sets], leastError);
        Array.Fill(_weights, initial);
    }

    /// <summary>The probability of the last mix.</summary>
    public float Probability { get; private set; }

    /// <summary>Mixes with the weights of a set.</summary>
    /// <returns>The logit.</returns>
    public float Mix(float[] inputs, int set)
    {
        _set = set * _inputs;
        ref float x = ref MemoryMarshal.GetArrayDataReference(inputs);
        ref float w = ref _weights[_set];
        Vector256<float> sum = Vector256<float>.Zero;
        for (nuint i = 0; i < (nuint)_inputs; i += Lanes)
        {
            sum += Vector256.LoadUnsafe(ref x, i) * Vector256.LoadUnsafe(ref w, i);
        }

        Vector128<float> half = sum.GetLower() + sum.GetUpper();
        float logit = half.GetElement(0) + half.GetElement(2) + (half.GetElement(1) + half.GetElement(3));
        logit = Math.Clamp(logit, -Logistic.Limit, Logistic.Limit);
        Probability = Logistic.Squash(logit);
        return logit;
    }

    /// <summary>Learns the bit that followed.</summary>
    public void Update(float[] inputs, int bit, float rate)
    {
        float error = bit - Probability;
        if (Math.Abs(error) < _leastError)
        {
            return;
        }

        Vector256<float> step = Vector256.Create(error * rate);
        ref float x = ref MemoryMarshal.GetArrayDataReference(inputs);
        ref float w = ref _weights[_set];
        for (nuint i = 0; i < (nuint)_inputs; i += Lanes)
        {
            (Vector256.LoadUnsafe(ref w, i) + (step * Vector256.LoadUnsafe(ref x, i))).StoreUnsafe(ref w, i);
        }
    }
}
