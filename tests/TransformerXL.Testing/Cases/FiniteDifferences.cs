namespace TransformerXL.Testing.Cases;

/// <summary>
/// Central differences of a case's loss, the weighted sum of the oracle's outputs. Small inputs are probed element by
/// element, large ones in random single elements and in random directions that together cover every element.
/// </summary>
public static class FiniteDifferences
{
    private const double Distance = 1e-5;
    private const int MaxSingles = 48;
    private const int Blocks = 12;
    private const double FlopsToSpend = 1.5e9;

    /// <summary>The derivatives of a case.</summary>
    public static IReadOnlyList<Probe> Of(OpCase @case)
    {
        RandomValues random = new("probes of " + @case.Name);
        double[][] inputs = @case.InputValues();
        IEnumerable<double[]> outputs = @case.Oracle(inputs).SkipLast(@case.OutputsWithoutGradient);
        IReadOnlyList<float[]> weights = @case.Weights(outputs.Select(output => (long)output.Length));
        List<Probe> probes = [];
        int most = Math.Clamp((int)(FlopsToSpend / @case.Flops / inputs.Length), 4, MaxSingles);
        for (int i = 0; i < inputs.Length; i++)
        {
            if (@case.Inputs[i].HasGradient)
            {
                probes.AddRange(Directions(@case.Inputs[i], random, most).Select(direction =>
                    new Probe(i, direction.Start, direction.Signs, Derivative(@case, inputs, inputs[i], weights, direction.Start, direction.Signs))));
            }
        }

        return probes;
    }

    private static IEnumerable<(int Start, double[] Signs)> Directions(OpInput input, RandomValues random, int most)
    {
        int first = input.Shape[0] == 0 ? 0 : input.Values.Length / input.Shape[0] * input.RowsWithoutGradient;
        int count = input.Values.Length - first;
        if (count <= most)
        {
            return Enumerable.Range(first, count).Select(place => (place, new[] { 1.0 }));
        }

        int blocks = Math.Min(Blocks, most / 2);
        return Enumerable.Range(0, blocks).Select(block => Block(first, count, block, blocks, random))
            .Concat(Enumerable.Range(0, most - blocks).Select(_ => (first + random.Index(count), new[] { 1.0 })))
            .ToArray();
    }

    private static (int Start, double[] Signs) Block(int first, int count, int block, int blocks, RandomValues random)
    {
        int start = (int)((long)count * block / blocks), end = (int)((long)count * (block + 1) / blocks);
        return (first + start, random.Signs(end - start));
    }

    private static double Derivative(
        OpCase @case, double[][] inputs, double[] moved, IReadOnlyList<float[]> weights, int start, double[] signs)
    {
        double[] original = [.. moved];
        double Loss(double distance)
        {
            for (int i = 0; i < signs.Length; i++)
            {
                moved[start + i] = original[start + i] + (distance * signs[i]);
            }

            return @case.Oracle(inputs).Zip(weights, Dot).Sum();
        }

        double difference = Loss(Distance) - Loss(-Distance);
        original.CopyTo(moved, 0);
        return difference / (2 * Distance);
    }

    private static double Dot(double[] output, float[] weights)
    {
        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += output[i] * weights[i];
        }

        return sum;
    }
}
