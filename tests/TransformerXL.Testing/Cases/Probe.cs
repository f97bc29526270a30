namespace TransformerXL.Testing.Cases;

/// <summary>
/// A direction in which the loss of a case was differentiated numerically: places [Start, Start + Signs) of one input, each
/// moved up or down.
/// </summary>
public sealed record Probe(int Input, int Start, double[] Signs, double Derivative)
{
    /// <summary>The derivative in this direction by a gradient.</summary>
    public double Along(float[] gradient)
    {
        double sum = 0;
        for (int i = 0; i < Signs.Length; i++)
        {
            sum += Signs[i] * gradient[Start + i];
        }

        return sum;
    }
}
