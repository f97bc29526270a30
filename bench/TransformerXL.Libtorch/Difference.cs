namespace TransformerXL.Libtorch;

/// <summary>What a witness compares.</summary>
internal static class Difference
{
    /// <summary>The largest difference, relative to the largest value.</summary>
    public static double Relative(float[] actual, float[] expected) =>
        actual.Zip(expected, (a, b) => Math.Abs((double)a - b)).Max() / expected.Max(value => Math.Abs((double)value));

    /// <summary>The values of a tensor of libtorch.</summary>
    public static float[] Floats(TorchSharp.torch.Tensor tensor) => tensor.detach().cpu().contiguous().data<float>().ToArray();
}
